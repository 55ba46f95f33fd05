#include "common/lifecycle/service_main.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace understudy::lifecycle {
namespace {

using ::testing::HasSubstr;

constexpr char kProgram[] = "common/lifecycle/sample_service";

// A process whose standard output and error go to one pipe.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    pid_ = fork();
    if (pid_ == 0) Become(std::move(arguments), ends[1]);
    close(ends[1]);
    output_end_ = ends[0];
  }
  ~Process() { close(output_end_); }

  void Signal(int number) const { kill(pid_, number); }
  // Reads until `text` was said, or the end.
  bool Said(const std::string& text) {
    while (output_.find(text) == std::string::npos) {
      if (!ReadSome()) return false;
    }
    return true;
  }
  // All output, after the process has closed it.
  const std::string& Output() {
    while (ReadSome()) {
    }
    return output_;
  }
  int ExitCode() const {
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  [[noreturn]] static void Become(std::vector<std::string> arguments, int output) {
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    close(output);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execv(kProgram, argv.data());
    _exit(127);
  }
  bool ReadSome() {
    char part[4096];
    const ssize_t length = read(output_end_, part, sizeof(part));
    if (length > 0) output_.append(part, static_cast<size_t>(length));
    return length > 0;
  }

  pid_t pid_ = 0;
  int output_end_ = -1;
  std::string output_;
};

std::string ConfigFile(const std::string& yaml) {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string path = ::testing::TempDir() + "/" + info->name() + ".yaml";
  std::ofstream(path) << yaml;
  return path;
}

TEST(ServiceMainTest, StopsCleanlyOnSigtermAndSigint) {
  for (const int number : {SIGTERM, SIGINT}) {
    Process process({"sample", "--config=" + ConfigFile("")});
    ASSERT_TRUE(process.Said("sample 1.2.3 is up"));
    process.Signal(number);
    EXPECT_THAT(process.Output(), HasSubstr("sample has stopped"));
    EXPECT_EQ(process.ExitCode(), 0);
  }
}

TEST(ServiceMainTest, NamesTheStepThatHangsAndEnds) {
  Process process({"sample", "--config", ConfigFile("hangs: true")});
  ASSERT_TRUE(process.Said("is up"));
  process.Signal(SIGTERM);
  EXPECT_THAT(process.Output(), HasSubstr("did not stop within 5s step=\"the slow step\""));
  EXPECT_EQ(process.ExitCode(), 1);
}

TEST(ServiceMainTest, PrintsEveryProblemOfItsConfiguration) {
  Process process(
      {"sample", "--config=" + ConfigFile("can_start: maybe\nwhat: 1\n"), "--listen=nowhere"});
  const std::string output = process.Output();
  EXPECT_THAT(output, HasSubstr(".yaml:1: can_start: expected true or false, found \"maybe\""));
  EXPECT_THAT(output, HasSubstr(".yaml:2: what: is not a key"));
  EXPECT_THAT(output, HasSubstr("--listen: listen: expected HOST:PORT, found \"nowhere\""));
  EXPECT_EQ(process.ExitCode(), 2);
}

TEST(ServiceMainTest, RefusesWrongFlagsAndUnreadableFiles) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> table = {
      {{"sample"}, "--config is required"},
      {{"sample", "--config=/no/such"}, "/no/such"},
      {{"sample", "--config=/"}, "cannot read /"},
      {{"sample", "--config=x", "--wrong=1"}, "--wrong"},
      {{"sample", "--config=x", "stray"}, "stray"},
  };
  for (const auto& [arguments, said] : table) {
    Process process(arguments);
    EXPECT_THAT(process.Output(), HasSubstr(said));
    EXPECT_EQ(process.ExitCode(), 2);
  }
}

TEST(ServiceMainTest, PrintsHelpAndVersion) {
  Process help({"sample", "--help"});
  EXPECT_THAT(help.Output(), HasSubstr("understudy-sample --config=sample.yaml"));
  EXPECT_EQ(help.ExitCode(), 0);
  Process version({"sample", "--version"});
  EXPECT_EQ(version.Output(), "sample 1.2.3\n");
  EXPECT_EQ(version.ExitCode(), 0);
}

TEST(ServiceMainTest, SaysWhyItCannotStart) {
  Process process({"sample", "--config=" + ConfigFile("can_start: false")});
  EXPECT_THAT(process.Output(), HasSubstr("sample cannot start: UNAVAILABLE: told not to start"));
  EXPECT_EQ(process.ExitCode(), 1);
}

}  // namespace
}  // namespace understudy::lifecycle
