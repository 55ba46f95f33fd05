#include "common/executor/alarm.h"

#include <gtest/gtest.h>

#include "common/executor/manual_executor.h"
#include "common/time/simulated_clock.h"

namespace understudy {
namespace {

class AlarmTest : public testing::Test {
 protected:
  SteadyTime In(int milliseconds) { return start_ + absl::Milliseconds(milliseconds); }

  SimulatedClock clock_;
  ManualExecutor executor_{clock_};
  const SteadyTime start_ = clock_.SteadyNow();
  int rings_ = 0;
  Alarm alarm_{executor_, [this] { ++rings_; }};
};

TEST_F(AlarmTest, RingsOnce) {
  alarm_.Set(In(10));
  executor_.Advance(absl::Milliseconds(9));
  EXPECT_EQ(rings_, 0);
  executor_.Advance(absl::Milliseconds(50));
  EXPECT_EQ(rings_, 1);
}

TEST_F(AlarmTest, RingsAtTheTimeThatItWasSetToLast) {
  alarm_.Set(In(10));
  alarm_.Set(In(30));
  executor_.Advance(absl::Milliseconds(20));
  EXPECT_EQ(rings_, 0);
  executor_.Advance(absl::Milliseconds(20));
  EXPECT_EQ(rings_, 1);
}

TEST_F(AlarmTest, DoesNotRingWhenItIsSetToNever) {
  alarm_.Set(In(10));
  alarm_.Set(SteadyTime::Infinite());
  executor_.Advance(absl::Milliseconds(50));
  EXPECT_EQ(rings_, 0);
}

TEST_F(AlarmTest, CanBeSetToTheSameTimeAgainWhenItHasRung) {
  alarm_.Set(In(10));
  executor_.Advance(absl::Milliseconds(10));
  alarm_.Set(In(10));
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(rings_, 2);
}

}  // namespace
}  // namespace understudy
