#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <random>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

// ThreadSanitizer has no room for more flows than this, AddressSanitizer is slow to make them.
#if defined(__SANITIZE_THREAD__)
constexpr int kParked = 3000;
#elif defined(__SANITIZE_ADDRESS__)
constexpr int kParked = 20'000;
#else
constexpr int kParked = 80'000;
#endif

TEST(ScaleTest, ParksManyAndWakesThemAll) {
  const SystemClock clock;
  EpollEngine engine;
  Manager manager({}, clock, engine);
  Mutex mutex;
  ConditionVariable condition;
  bool go = false;
  int woken = 0;
  for (int i = 0; i < kParked; ++i) {
    ASSERT_NE(manager.Spawn([&] {
      const MutexGuard guard(mutex);
      while (!go) ASSERT_TRUE(condition.Wait(mutex).ok());
      ++woken;
    }),
              0u);
  }
  manager.Spawn([&] {
    EXPECT_EQ(manager.stats().waiting, static_cast<uint32_t>(kParked));
    const MutexGuard guard(mutex);
    go = true;
    condition.NotifyAll();
  });
  manager.RunUntilDone();
  EXPECT_EQ(woken, kParked);
}

// Echo over so many connections at once, as the limit of descriptors allows: all are open and have
// been served once before any is served again.
TEST(ScaleTest, EchoesOverThousandsOfConnections) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, 20'200);
  limit.rlim_cur = wanted;
  setrlimit(RLIMIT_NOFILE, &limit);
  const int connections =
      std::min(kParked / 2, std::min(10'000, static_cast<int>(wanted / 2) - 100));
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
