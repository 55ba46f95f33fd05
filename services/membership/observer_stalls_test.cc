#include "services/membership/observer_stalls.h"

#include <gtest/gtest.h>

namespace understudy::membership {
namespace {

SteadyTime At(int64_t milliseconds) {
  return SteadyTime::FromNanoseconds(milliseconds * 1'000'000);
}

class ObserverStallsTest : public testing::Test {
 protected:
  ObserverStalls stalls_{absl::Milliseconds(10), absl::Milliseconds(50), absl::Seconds(10)};
};

TEST_F(ObserverStallsTest, TakesASmallDelayForNone) {
  EXPECT_EQ(stalls_.Look(At(1000)), absl::ZeroDuration());
  EXPECT_EQ(stalls_.Look(At(1060)), absl::ZeroDuration());
  EXPECT_EQ(stalls_.AbsentSince(At(0)), absl::ZeroDuration());
}

TEST_F(ObserverStallsTest, MeasuresAnAbsence) {
  stalls_.Look(At(1000));
  EXPECT_EQ(stalls_.Look(At(3010)), absl::Seconds(2));
  EXPECT_EQ(stalls_.AbsentSince(At(900)), absl::Seconds(2));
}

TEST_F(ObserverStallsTest, CountsOnlyThePartAfterTheGivenTime) {
  stalls_.Look(At(1000));
  stalls_.Look(At(2010));
  EXPECT_EQ(stalls_.AbsentSince(At(1500)), absl::Milliseconds(510));
  EXPECT_EQ(stalls_.AbsentSince(At(2010)), absl::ZeroDuration());
}

TEST_F(ObserverStallsTest, AddsSeveralAbsences) {
  for (const int64_t at : {1000, 1110, 1220}) stalls_.Look(At(at));
  EXPECT_EQ(stalls_.AbsentSince(At(1000)), absl::Milliseconds(200));
}

TEST_F(ObserverStallsTest, ForgetsWhatIsLongOver) {
  stalls_.Look(At(1000));
  stalls_.Look(At(2010));
  for (int64_t at = 2020; at <= 12'030; at += 10) stalls_.Look(At(at));
  EXPECT_EQ(stalls_.AbsentSince(At(0)), absl::ZeroDuration());
}

}  // namespace
}  // namespace understudy::membership
