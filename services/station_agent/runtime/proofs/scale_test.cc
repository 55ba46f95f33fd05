#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

// ThreadSanitizer has room for some 8,000 flows of control, and one that waits for memory to be
// given back counts too; --config=tsan_many has no such limit.
#if defined(__SANITIZE_THREAD__) && !defined(UNDERSTUDY_TSAN_WITHOUT_FIBERS)
constexpr int kParked = 3000;
constexpr int kConnections = 3000;
#else
constexpr int kParked = 80'000;
constexpr int kConnections = 10'000;
#endif

// With UNDERSTUDY_FULL_SCALE=1 all of it, otherwise a tenth: CI's machines are shared.
int Scaled(int number) {
  return std::getenv("UNDERSTUDY_FULL_SCALE") != nullptr ? number : number / 10;
}

TEST(ScaleTest, ParksManyAndWakesThemAll) {
  const SystemClock clock;
  EpollEngine engine;
  Manager manager({}, clock, engine);
  const int parked = Scaled(kParked);
  Mutex mutex;
  ConditionVariable condition;
  bool go = false;
  int woken = 0;
  for (int i = 0; i < parked; ++i) {
    ASSERT_NE(manager.Spawn([&] {
      const MutexGuard guard(mutex);
      while (!go) ASSERT_TRUE(condition.Wait(mutex).ok());
      ++woken;
    }),
              0u);
  }
  manager.Spawn([&] {
    EXPECT_EQ(manager.stats().waiting, static_cast<uint32_t>(parked));
    const MutexGuard guard(mutex);
    go = true;
    condition.NotifyAll();
  });
  manager.RunUntilDone();
  EXPECT_EQ(woken, parked);
}

int ConnectTo(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return client;
}

bool Asks(int client, const std::string& text) {
  char buffer[64];
  if (send(client, text.data(), text.size(), MSG_NOSIGNAL) < 0) return false;
  const ssize_t size = recv(client, buffer, sizeof(buffer), 0);
  return size > 0 && std::string(buffer, static_cast<size_t>(size)) == text;
}

// All connections are open and have been served once before any is served again. Returns how many
// were served twice.
int AskOverAll(int port, int connections) {
  const SystemClock clock;
  EpollEngine engine;
  Manager manager({}, clock, engine);
  Barrier all_open(connections);
  int served = 0;
  for (int i = 0; i < connections; ++i) {
    manager.Spawn([&, i] {
      const int client = ConnectTo(port);
      const bool once = Asks(client, std::to_string(i));
      all_open.Arrive();
      if (once && Asks(client, "again " + std::to_string(i))) ++served;
      close(client);
    });
  }
  manager.RunUntilDone();
  return served;
}

void EchoTo(int peer) {
  char buffer[64];
  for (ssize_t size = recv(peer, buffer, 64, 0); size > 0; size = recv(peer, buffer, 64, 0)) {
    EXPECT_EQ(send(peer, buffer, static_cast<size_t>(size), MSG_NOSIGNAL), size);
  }
  close(peer);
}

// The clients are a process of their own: each then needs descriptors for one end of a connection
// only, and a machine that allows 20,000 to a process can have 10,000 connections.
TEST(ScaleTest, EchoesOverThousandsOfConnections) {
  const int connections = Scaled(kConnections);
  AllowDescriptors(connections + 200);
  int port = 0;
  const int listener = ListenOnLoopback(&port);
  const pid_t clients = fork();
  ASSERT_GE(clients, 0);
  if (clients == 0) _exit(AskOverAll(port, connections) == connections ? 0 : 1);
  OneThread thread(StackClass::kStandard);
  thread.Converse(1, [&](int) {
    WaitGroup served;
    served.Add(connections);
    for (int i = 0; i < connections; ++i) {
      const int peer = accept(listener, nullptr, nullptr);
      ASSERT_GE(peer, 0);
      Spawn([peer, &served] {
        EchoTo(peer);
        served.Done();
      });
    }
    EXPECT_TRUE(served.Wait().ok());
  });
  int status = -1;
  EXPECT_EQ(waitpid(clients, &status, 0), clients);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  close(listener);
}

#if defined(__SANITIZE_THREAD__)
// Coroutines of two threads write to one number, which nothing guards. Both threads go on until
// both have written: of one that has ended, a report would lack too much to be given.
void Race() {
  int number = 0;
  std::atomic<int> written{0};
  const auto write_often = [&] {
    const SystemClock clock;
    EpollEngine engine;
    Manager manager({}, clock, engine);
    for (int i = 0; i < 2; ++i) {
      manager.Spawn([&] {
        for (int turn = 0; turn < 100; ++turn) {
          ++number;
          Yield();
        }
        written.fetch_add(1, std::memory_order_relaxed);
        while (written.load(std::memory_order_relaxed) < 4) Yield();
      });
    }
    manager.RunUntilDone();
  };
  std::thread other(write_often);
  write_often();
  other.join();
}

// That the tests above find nothing says something only because of this.
TEST(ScaleDeathTest, ThreadSanitizerSeesARaceOfTwoThreadsCoroutines) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Race(), "data race");
}
#endif

}  // namespace
}  // namespace understudy::station_agent::runtime
