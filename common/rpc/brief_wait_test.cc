#include "common/rpc/brief_wait.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace understudy::rpc {
namespace {

class BriefWaitTest : public ::testing::Test {
 protected:
  // Waits for an event that comes after `gap`; each look takes 1 us, and so does giving way.
  void Await(absl::Duration gap) {
    looks_ = sleeps_ = 0;
    const SteadyTime event = now_ + gap;
    const int came = wait_.Await(
        [&] {
          ++looks_;
          now_ = now_ + absl::Microseconds(1);
          return now_ >= event ? 1 : 0;
        },
        [&] {
          ++sleeps_;
          now_ = std::max(now_, event);
          return 1;
        },
        [&] { return now_; }, [&] { now_ = now_ + absl::Microseconds(1); });
    EXPECT_EQ(came, 1);
  }

  void StayAwake() {
    for (int i = 0; i < BriefWait::kInARow; ++i) Await(absl::Microseconds(10));
  }

  BriefWait wait_;
  SteadyTime now_ = SteadyTime::FromNanoseconds(1);
  int looks_ = 0;
  int sleeps_ = 0;
};

TEST_F(BriefWaitTest, WhoseEventsAreFarApartSleepsAtOnce) {
  for (int i = 0; i < 3; ++i) {
    Await(absl::Milliseconds(1));
    EXPECT_EQ(looks_, 0);
    EXPECT_EQ(sleeps_, 1);
  }
}

TEST_F(BriefWaitTest, OnceSeveralEventsFollowedSoonItMeetsTheNextOnesAwake) {
  for (int i = 0; i < BriefWait::kInARow; ++i) {
    Await(absl::Microseconds(60));
    EXPECT_EQ(sleeps_, 1);
  }
  for (int i = 0; i < 3; ++i) {
    Await(absl::Microseconds(20));
    EXPECT_GT(looks_, 0);
    EXPECT_EQ(sleeps_, 0);
  }
}

TEST_F(BriefWaitTest, EventsInPairsAreSleptFor) {
  for (int i = 0; i < 20; ++i) {
    Await(absl::Microseconds(300));
    EXPECT_EQ(looks_, 0);
    Await(absl::Microseconds(5));
    EXPECT_EQ(looks_, 0);
  }
}

TEST_F(BriefWaitTest, APauseCostsOneMomentOfLooking) {
  StayAwake();
  Await(absl::Seconds(1));
  EXPECT_LE(looks_, 26);
  EXPECT_EQ(sleeps_, 1);
  Await(absl::Microseconds(10));
  EXPECT_EQ(looks_, 0);
}

TEST_F(BriefWaitTest, AnErrorIsPassedOn) {
  const auto now = [this] { return now_; };
  EXPECT_EQ(wait_.Await([] { return 1; }, [] { return -1; }, now, [] {}), -1);
  StayAwake();
  EXPECT_EQ(wait_.Await([] { return -1; }, [] { return 1; }, now, [] {}), -1);
}

}  // namespace
}  // namespace understudy::rpc
