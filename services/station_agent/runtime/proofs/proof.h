#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_PROOFS_PROOF_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_PROOFS_PROOF_H_

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "common/time/system_clock.h"
#include "services/station_agent/runtime/scheduler/runtime.h"
#include "services/station_agent/runtime/sync/sync.h"

namespace understudy::station_agent::runtime {

// Raises this process's limit of open descriptors, above the administrator's if it may.
inline void AllowDescriptors(int count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto wanted = static_cast<rlim_t>(count);
  if (limit.rlim_cur >= wanted) return;
  const rlimit raised{wanted, std::max(limit.rlim_max, wanted)};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &raised), 0) << "needs " << count << " descriptors";
}

// A runtime of one thread whose coroutines hold conversations through somebody's blocking library.
// Each proof makes all conversations wait for one another in the middle (the server answers nobody
// before everybody has asked), so that it ends only if none of them ever blocks the thread.
class OneThread {
 public:
  explicit OneThread(StackClass stack_class = StackClass::kLarge) {
    options_.stack_class = stack_class;
    AllowDescriptors(4096);
  }

  // Runs `talk(i)` for each of `count`, at the same time, to their ends.
  void Converse(int count, const std::function<void(int)>& talk) {
    group_.Add(count);
    for (int i = 0; i < count; ++i) {
      runtime_.Spawn(
          [this, &talk, i] {
            talk(i);
            group_.Done();
          },
          options_);
    }
    EXPECT_TRUE(group_.Wait().ok());
    EXPECT_EQ(blocked_.load(), 0) << "a call blocked the thread";
  }
  Runtime& runtime() { return runtime_; }
  const SpawnOptions& options() const { return options_; }

 private:
  static RuntimeOptions Options(std::atomic<int>& blocked) {
    RuntimeOptions options;
    options.threads = 1;
    options.hog_limit = absl::Seconds(1);
    options.on_hog = [&blocked](const HogReport& report) {
      if (report.kind == HogKind::kBlocks) ++blocked;
    };
    return options;
  }

  SystemClock clock_;
  std::atomic<int> blocked_{0};
  WaitGroup group_;
  SpawnOptions options_;
  Runtime runtime_{Options(blocked_), clock_};
};

// Lets everybody through when `count` have arrived.
class Barrier {
 public:
  explicit Barrier(int count) { group_.Add(count); }
  void Arrive() {
    group_.Done();
    EXPECT_TRUE(group_.Wait().ok());
  }

 private:
  WaitGroup group_;
};

// A TCP listener on loopback; the kernel chooses the port.
inline int ListenOnLoopback(int* port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(listener, 4096), 0);
  EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  *port = ntohs(address.sin_port);
  return listener;
}

// Another program, ended with the test.
class Process {
 public:
  explicit Process(std::vector<std::string> command) {
    child_ = fork();
    if (child_ != 0) return;
    const int log = open((testing::TempDir() + "/server.log").c_str(), O_CREAT | O_WRONLY, 0600);
    dup2(log, 1);
    dup2(log, 2);
    std::vector<char*> arguments;
    for (std::string& part : command) arguments.push_back(part.data());
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  ~Process() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool running() const { return waitpid(child_, nullptr, WNOHANG) == 0; }

 private:
  pid_t child_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_PROOFS_PROOF_H_
