#include "common/sim/sim_clock.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(SimClockTest, ShowsTheWorldsTimeWhenItIsRight) {
  SimLoop loop;
  const SimClock clock(loop, 0, absl::ZeroDuration());
  loop.AdvanceTo(loop.now() + absl::Seconds(10));
  EXPECT_EQ(clock.SteadyNow(), loop.now());
  EXPECT_EQ(clock.WallNow(), loop.clock().WallNow());
}

TEST(SimClockTest, RunsFastOrSlowByItsDrift) {
  SimLoop loop;
  const SteadyTime start = loop.now();
  const SimClock fast(loop, 100, absl::ZeroDuration());
  const SimClock slow(loop, -100, absl::ZeroDuration());
  loop.AdvanceTo(start + absl::Seconds(10));
  EXPECT_EQ(fast.SteadyNow() - start, absl::Seconds(10) + absl::Milliseconds(1));
  EXPECT_EQ(slow.SteadyNow() - start, absl::Seconds(10) - absl::Milliseconds(1));
}

TEST(SimClockTest, HasACalendarThatIsOff) {
  SimLoop loop;
  const SimClock clock(loop, 0, -absl::Hours(1));
  EXPECT_EQ(loop.clock().WallNow() - clock.WallNow(), absl::Hours(1));
}

TEST(SimClockTest, HasReachedATimeExactlyWhenTheWorldReachesItsTime) {
  for (const int64_t drift : {-333'333, -7, 0, 1, 13, 500'000}) {
    SimLoop loop;
    const SimClock clock(loop, drift, absl::ZeroDuration());
    for (const int64_t nanoseconds : {1, 2, 999, 1'000'003, 123'456'789}) {
      const SteadyTime time = clock.SteadyNow() + absl::Nanoseconds(nanoseconds);
      const SteadyTime world = clock.WorldTimeOf(time);
      loop.AdvanceTo(world - absl::Nanoseconds(1));
      EXPECT_LT(clock.SteadyNow(), time) << drift << " " << nanoseconds;
      loop.AdvanceTo(world);
      EXPECT_GE(clock.SteadyNow(), time) << drift << " " << nanoseconds;
    }
  }
}

TEST(SimClockTest, KnowsThatSomeTimesNeverCome) {
  SimLoop loop;
  const SimClock slow(loop, -500'000, absl::ZeroDuration());
  EXPECT_TRUE(slow.WorldTimeOf(SteadyTime::Infinite()).is_infinite());
  EXPECT_TRUE(slow.WorldTimeOf(SteadyTime::Infinite() - absl::Nanoseconds(1)).is_infinite());
}

}  // namespace
}  // namespace understudy
