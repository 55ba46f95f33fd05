#include "common/time/clock.h"

#include <gtest/gtest.h>

#include "common/time/simulated_clock.h"
#include "common/time/system_clock.h"

namespace understudy {
namespace {

TEST(SteadyTimeTest, AddsAndSubtractsDurations) {
  const SteadyTime start = SteadyTime::FromNanoseconds(1000);
  EXPECT_EQ(start + absl::Nanoseconds(5) - absl::Nanoseconds(5), start);
  EXPECT_EQ((start + absl::Seconds(3)) - start, absl::Seconds(3));
}

TEST(SteadyTimeTest, InfiniteStaysInfinite) {
  EXPECT_EQ(SteadyTime::Infinite() - absl::Seconds(1), SteadyTime::Infinite());
  EXPECT_EQ(SteadyTime::FromNanoseconds(1) + absl::InfiniteDuration(), SteadyTime::Infinite());
  EXPECT_LT(SteadyTime::FromNanoseconds(1), SteadyTime::Infinite());
}

TEST(SimulatedClockTest, MovesOnlyWhenTold) {
  SimulatedClock clock;
  const SteadyTime steady = clock.SteadyNow();
  const absl::Time wall = clock.WallNow();
  clock.Advance(absl::Milliseconds(7));
  EXPECT_EQ(clock.SteadyNow() - steady, absl::Milliseconds(7));
  EXPECT_EQ(clock.WallNow() - wall, absl::Milliseconds(7));
}

TEST(SimulatedClockTest, NeverTurnsTheSteadyClockBack) {
  SimulatedClock clock;
  const SteadyTime before = clock.SteadyNow();
  clock.AdvanceTo(before - absl::Seconds(1));
  EXPECT_EQ(clock.SteadyNow(), before);
}

TEST(SimulatedClockTest, StepsTheWallClockWithoutTheSteadyOne) {
  SimulatedClock clock;
  const SteadyTime before = clock.SteadyNow();
  clock.StepWall(-absl::Hours(1));
  EXPECT_EQ(clock.SteadyNow(), before);
}

TEST(SystemClockTest, SteadyTimeDoesNotGoBack) {
  const SystemClock clock;
  const SteadyTime before = clock.SteadyNow();
  EXPECT_GE(clock.SteadyNow(), before);
}

}  // namespace
}  // namespace understudy
