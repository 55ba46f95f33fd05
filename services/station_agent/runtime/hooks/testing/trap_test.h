#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_TESTING_TRAP_TEST_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_TESTING_TRAP_TEST_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/time/system_clock.h"
#include "services/station_agent/runtime/scheduler/epoll_engine.h"
#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::station_agent::runtime {

enum class Mode { kInert, kActive };

// Runs the same small programs twice: on ordinary threads, where the hooks are inert, and as
// coroutines of one thread. There, one call that blocks the thread keeps the program from ever
// ending, for its parts wait for one another.
class TrapTest : public testing::TestWithParam<Mode> {
 protected:
  bool active() const { return GetParam() == Mode::kActive; }

  // Runs all parts at the same time and waits for their ends.
  void Together(std::vector<std::function<void()>> parts) {
    if (!active()) {
      std::vector<std::thread> threads;
      for (auto& part : parts) threads.emplace_back(part);
      for (auto& thread : threads) thread.join();
      return;
    }
    EpollEngine engine;
    Manager manager({}, clock_, engine);
    SpawnOptions options;
    options.stack_class = StackClass::kLarge;
    for (auto& part : parts) manager.Spawn(part, options);
    manager.RunUntilDone();
  }
  void Alone(std::function<void()> part) { Together({std::move(part)}); }

  absl::Duration TimeOf(const std::function<void()>& work) {
    const SteadyTime start = clock_.SteadyNow();
    work();
    return clock_.SteadyNow() - start;
  }
  static void Pause() { usleep(5000); }

  SystemClock clock_;
};

#define UNDERSTUDY_TRAPS(suite)                                                           \
  INSTANTIATE_TEST_SUITE_P(Modes, suite, testing::Values(Mode::kInert, Mode::kActive),    \
                           [](const testing::TestParamInfo<Mode>& parameter) {            \
                             return parameter.param == Mode::kInert ? "Inert" : "Active"; \
                           })

// Two connected stream sockets; closed at the end.
struct SocketPair {
  explicit SocketPair(int type = SOCK_STREAM) { EXPECT_EQ(socketpair(AF_UNIX, type, 0, ends), 0); }
  ~SocketPair() {
    for (const int end : ends) {
      if (end >= 0) close(end);
    }
  }
  int ends[2] = {-1, -1};
};

// A TCP listener on a port of loopback that the kernel chose.
struct Listener {
  explicit Listener(int backlog = 128, int type = SOCK_STREAM) {
    descriptor = socket(AF_INET, type, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(descriptor, raw(), sizeof(address)), 0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(getsockname(descriptor, raw(), &size), 0);
    EXPECT_TRUE(type != SOCK_STREAM || listen(descriptor, backlog) == 0);
  }
  ~Listener() { close(descriptor); }
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&address); }

  int descriptor;
  sockaddr_in address{};
};

// A connected pair over TCP.
struct TcpPair {
  TcpPair() {
    Listener listener;
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(ends[0], listener.raw(), sizeof(listener.address)), 0);
    ends[1] = accept(listener.descriptor, nullptr, nullptr);
    EXPECT_GE(ends[1], 0);
  }
  ~TcpPair() {
    for (const int end : ends) {
      if (end >= 0) close(end);
    }
  }
  int ends[2] = {-1, -1};
};

inline void SetTimeout(int descriptor, int option, int milliseconds) {
  const timeval timeout{milliseconds / 1000, milliseconds % 1000 * 1000};
  EXPECT_EQ(setsockopt(descriptor, SOL_SOCKET, option, &timeout, sizeof(timeout)), 0);
}

inline std::string ReadSome(int descriptor) {
  char buffer[256];
  const ssize_t size = read(descriptor, buffer, sizeof(buffer));
  return size < 0 ? "error" : std::string(buffer, static_cast<size_t>(size));
}

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_TESTING_TRAP_TEST_H_
