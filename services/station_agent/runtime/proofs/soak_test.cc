// Conversations that are cut, cancelled and replaced at random, for UNDERSTUDY_SOAK_SECONDS (600 by
// hand, 2 as a normal test).

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr int kPairs = 200;

int SoakSeconds() {
  const char* text = std::getenv("UNDERSTUDY_SOAK_SECONDS");
  return text == nullptr ? 2 : std::atoi(text);
}

// Both ends talk until one is cut or cancelled; either way each closes what it has.
void Talk(int descriptor, bool begins) {
  char buffer[512];
  if (begins && send(descriptor, "ball", 4, MSG_NOSIGNAL) != 4) return;
  while (true) {
    const ssize_t size = recv(descriptor, buffer, sizeof(buffer), 0);
    if (size <= 0 || send(descriptor, buffer, static_cast<size_t>(size), MSG_NOSIGNAL) != size) {
      return;
    }
    if (usleep(100) != 0) return;  // cancelled
  }
}

struct Counter {
  int64_t begun = 0;
  int64_t ended = 0;
};

CoroutineId Begin(Manager& manager, Counter& counter, int descriptor, bool begins) {
  ++counter.begun;
  return manager.Spawn([&counter, descriptor, begins] {
    Talk(descriptor, begins);
    close(descriptor);
    ++counter.ended;
  });
}

TEST(SoakTest, RandomCutsAndCancellationsLeaveNothingBehind) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const SystemClock clock;
  EpollEngine engine;
  Manager manager({}, clock, engine);
  Counter counter;
  const SteadyTime end = clock.SteadyNow() + absl::Seconds(SoakSeconds());
  manager.Spawn([&] {
    std::mt19937_64 random(seed);
    std::vector<CoroutineId> ids;
    std::vector<int> ends_of;
    while (clock.SteadyNow() < end) {
      while (ids.size() < 2 * kPairs) {
        int ends[2];
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        ids.push_back(Begin(manager, counter, ends[0], true));
        ids.push_back(Begin(manager, counter, ends[1], false));
        ends_of.insert(ends_of.end(), {ends[0], ends[1]});
      }
      const size_t victim = random() % ids.size();
      if (manager.IsAlive(ids[victim])) {
        // The number is that coroutine's as long as it lives.
        if (random() % 2 == 0) {
          shutdown(ends_of[victim], SHUT_RDWR);
        } else {
          manager.Cancel(ids[victim]);
        }
      }
      usleep(static_cast<useconds_t>(random() % 300));
      for (size_t i = ids.size(); i-- > 0;) {
        if (manager.IsAlive(ids[i])) continue;
        ids.erase(ids.begin() + static_cast<ptrdiff_t>(i));
        ends_of.erase(ends_of.begin() + static_cast<ptrdiff_t>(i));
      }
    }
    for (const CoroutineId id : ids) manager.Cancel(id);
  });
  manager.RunUntilDone();
  EXPECT_EQ(counter.begun, counter.ended);
  EXPECT_GE(counter.begun, 2 * kPairs);
  EXPECT_EQ(manager.stats().timers_armed, 0u);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
