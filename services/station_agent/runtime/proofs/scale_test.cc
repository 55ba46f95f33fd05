#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

// ThreadSanitizer has room for some 8,000 flows of control, a connection takes two of them, and one
// that waits for memory to be given back counts too.
#if defined(__SANITIZE_THREAD__)
constexpr int kParked = 3000;
constexpr int kConnections = 1000;
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

// Echo over thousands of connections: all are open and have been served once before any is served
// again.
TEST(ScaleTest, EchoesOverThousandsOfConnections) {
  const int connections = Scaled(kConnections);
  AllowDescriptors(2 * connections + 200);
  int port = 0;
  const int listener = ListenOnLoopback(&port);
  OneThread thread(StackClass::kStandard);
  Barrier all_open(connections);
  thread.runtime().Spawn([&] {
    for (int i = 0; i < connections; ++i) {
      const int peer = accept(listener, nullptr, nullptr);
      Spawn([peer] {
        char buffer[64];
        for (ssize_t size = recv(peer, buffer, 64, 0); size > 0; size = recv(peer, buffer, 64, 0)) {
          EXPECT_EQ(send(peer, buffer, static_cast<size_t>(size), 0), size);
        }
        close(peer);
      });
    }
  });
  std::atomic<int> done{0};
  thread.Converse(connections, [&](int i) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    for (int round = 0; round < 2; ++round) {
      const std::string text = std::to_string(i * 2 + round);
      char buffer[64];
      ASSERT_EQ(send(client, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
      const ssize_t size = recv(client, buffer, 64, 0);
      EXPECT_EQ(std::string(buffer, static_cast<size_t>(std::max<ssize_t>(0, size))), text);
      if (round == 0) all_open.Arrive();
    }
    close(client);
    ++done;
  });
  EXPECT_EQ(done, connections);
  close(listener);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
