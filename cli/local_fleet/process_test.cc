#include "cli/local_fleet/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "cli/local_fleet/spawn.h"
#include "cli/local_fleet/wait.h"

namespace understudy::cli {
namespace {

std::string LogFile(const std::string& name) {
  return std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

ProcessId StartSleeper() {
  return *StartProcess({.program = "sleep", .arguments = {"600"}, .log_file = LogFile("sleeper")});
}

TEST(ProcessTest, RunsInASessionOfItsOwnWithItsOutputInTheLog) {
  const auto process = StartProcess({.program = "sh",
                                     .arguments = {"-c", "echo hello; echo trouble >&2; exit 3"},
                                     .log_file = LogFile("session")});
  ASSERT_TRUE(process.ok()) << process.status();
  ASSERT_TRUE(WaitUntilGone(*process, absl::Minutes(1)));
  EXPECT_EQ(ReadFile(LogFile("session")), "hello\ntrouble\n");
  EXPECT_EQ(HowItEnded(*process), "exit code 3");

  const ProcessId sleeper = StartSleeper();
  EXPECT_TRUE(WaitFor(absl::Minutes(1), [&] { return getsid(sleeper.pid) == sleeper.pid; }));
  EXPECT_EQ(StopProcesses({sleeper}, absl::Minutes(1)), 0);
}

TEST(ProcessTest, KnowsADeadChildFromARunningOne) {
  const ProcessId process = StartSleeper();
  EXPECT_TRUE(IsRunning(process));
  EXPECT_FALSE(WaitUntilGone(process, absl::ZeroDuration()));
  ASSERT_TRUE(SendSignal(process, SIGKILL).ok());
  EXPECT_TRUE(WaitUntilGone(process, absl::Minutes(1)));
  EXPECT_FALSE(IsRunning(process));
  EXPECT_EQ(HowItEnded(process), "signal 9");
  EXPECT_EQ(SendSignal(process, SIGTERM).code(), absl::StatusCode::kNotFound);
}

TEST(ProcessTest, LeavesAStrangerWithTheSameNumberAlone) {
  const ProcessId process = StartSleeper();
  const ProcessId earlier = {.pid = process.pid, .start_ticks = process.start_ticks - 1};
  EXPECT_FALSE(IsRunning(earlier));
  EXPECT_FALSE(SendSignal(earlier, SIGKILL).ok());
  EXPECT_EQ(StopProcesses({earlier}, absl::Minutes(1)), 0);
  EXPECT_TRUE(IsRunning(process));
  EXPECT_EQ(StopProcesses({process}, absl::Minutes(1)), 0);
}

TEST(ProcessTest, StopsAFrozenProcess) {
  const ProcessId process = StartSleeper();
  ASSERT_TRUE(SendSignal(process, SIGSTOP).ok());
  EXPECT_EQ(StopProcesses({process}, absl::Minutes(1)), 0);
  EXPECT_FALSE(IsRunning(process));
}

TEST(ProcessTest, KillsWhatIgnoresTheRequestToStop) {
  const auto process = StartProcess({.program = "sh",
                                     .arguments = {"-c", "trap '' TERM; echo deaf; exec sleep 600"},
                                     .log_file = LogFile("deaf")});
  ASSERT_TRUE(process.ok()) << process.status();
  ASSERT_TRUE(WaitFor(absl::Minutes(1), [] { return !ReadFile(LogFile("deaf")).empty(); }));
  EXPECT_EQ(StopProcesses({*process}, absl::Milliseconds(10)), 1);
  EXPECT_FALSE(IsRunning(*process));
}

TEST(ProcessTest, SaysWhatCouldNotBeStarted) {
  const auto process = StartProcess({.program = "/no/such/program", .log_file = "/dev/null"});
  ASSERT_FALSE(process.ok());
  EXPECT_NE(process.status().message().find("/no/such/program"), std::string::npos);
}

TEST(RunProgramTest, GivesTheOutputOrTheOutputAsTheError) {
  EXPECT_EQ(*RunProgram("sh", {"-c", "echo a; echo b >&2"}), "a\nb\n");
  const auto failed = RunProgram("sh", {"-c", "echo no; exit 1"});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.status().message(), "sh failed: no\n");
}

}  // namespace
}  // namespace understudy::cli
