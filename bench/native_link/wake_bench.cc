// How long the native process's "running" is on its way: from before it is said, in a process of
// its own, until the agent's link has heard it, and until a task of an idle executor has it.

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/functional/any_invocable.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "bench/failover/percentiles.h"
#include "common/executor/serial_executor.h"
#include "common/time/system_clock.h"
#include "services/station_agent/link/agent_link.h"
#include "services/station_agent/link/station_link.h"
#include "services/station_agent/runtime/scheduler/runtime.h"

ABSL_FLAG(int, wakes, 2000, "how many words are said, one after the other");
ABSL_FLAG(int, pause_us, 2000, "how long the agent is left alone between two");

namespace understudy::bench {
namespace {

namespace agent = station_agent;

int64_t Now() { return SystemClock().SteadyNow().nanoseconds(); }

// The native process: says what time it is.
int Speak(const std::string& name, int count, int pause_us) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  station_link* link = nullptr;
  if (station_link_open(name.c_str(), 10'000, &link) != 0) return 1;
  for (int i = 0; i < count; ++i) {
    usleep(static_cast<useconds_t>(pause_us));
    uint8_t hash[32] = {};
    const int64_t now = Now();
    std::memcpy(hash, &now, sizeof now);
    if (station_link_acknowledge_running(link, hash) != 0) return 1;
  }
  usleep(100'000);
  station_link_close(link);
  return 0;
}

// Hears it as the agent does: on the link, and from there, when it is idle, at once on its
// executor.
class Listener final : public agent::AgentLinkObserver {
 public:
  explicit Listener(Executor& executor) : executor_(executor) {}

  void OnNativeAttached(uint32_t) override {}
  void OnNativeLost(uint32_t) override { lost_.Notify(); }
  void OnNativeAnswer(agent::NativeAnswer answer) override {
    if (answer.state != agent::NativeAnswer::State::kRunning) return;
    int64_t said = 0;
    std::memcpy(&said, answer.sha256.data(), sizeof said);
    heard_.push_back(absl::Nanoseconds(Now() - said));
    Pass([this, said] { obeyed_.push_back(absl::Nanoseconds(Now() - said)); });
  }
  void OnNativeConfiguration(agent::NativeConfiguration) override {}
  void OnNativeIndicators(agent::NativeIndicators) override {}
  void OnNativeChildren(std::vector<agent::NativeChild>) override {}
  void OnFrame() override {}
  void OnBadFrame(const absl::Status&) override {}
  void OnLinkRemade() override {}
  void OnLinkBroken(const absl::Status&) override {}

  void AwaitEnd() { lost_.WaitForNotification(); }
  const std::vector<absl::Duration>& heard() const { return heard_; }
  const std::vector<absl::Duration>& obeyed() const { return obeyed_; }

 private:
  // As the agent does it: outside of the coroutine.
  void Pass(absl::AnyInvocable<void()> task) {
    agent::runtime::Manager::Current()->Post(
        [this, task = std::move(task)]() mutable { executor_.RunOrPost(std::move(task)); });
  }

  Executor& executor_;
  std::vector<absl::Duration> heard_;
  std::vector<absl::Duration> obeyed_;
  absl::Notification lost_;
};

void Print(const char* what, const std::vector<absl::Duration>& times) {
  const Percentiles p = PercentilesOf(times);
  std::cout << absl::StreamFormat("%-24s %5d  p50 %6.1f us  p90 %6.1f us  p99 %6.1f us\n", what,
                                  times.size(), absl::ToDoubleMicroseconds(p.p50),
                                  absl::ToDoubleMicroseconds(p.p90),
                                  absl::ToDoubleMicroseconds(p.p99));
}

int Run() {
  const std::string name = "/understudy-wake-bench-" + std::to_string(getpid());
  const pid_t native = fork();
  if (native == 0) {
    _exit(Speak(name, absl::GetFlag(FLAGS_wakes), absl::GetFlag(FLAGS_pause_us)));
  }
  const SystemClock clock;
  SerialExecutor executor("agent", clock);
  Listener listener(executor);
  agent::runtime::RuntimeOptions options;
  options.threads = 1;
  agent::runtime::Runtime runtime(options, clock);
  {
    auto link = agent::AgentLink::Open({name, std::nullopt, &runtime}, listener);
    if (!link.ok()) {
      std::cerr << link.status() << "\n";
      return 1;
    }
    (*link)->Start();
    listener.AwaitEnd();
  }
  executor.Stop();
  shm_unlink(name.c_str());
  shm_unlink((name + ".bell").c_str());
  Print("heard by the link", listener.heard());
  Print("reached the executor", listener.obeyed());
  int status = 0;
  waitpid(native, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace
}  // namespace understudy::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Measures how soon the agent hears its native process.");
  absl::ParseCommandLine(argc, argv);
  return understudy::bench::Run();
}
