#include "services/station_agent/upload_planner.h"

#include <gtest/gtest.h>

namespace understudy::station_agent {
namespace {

constexpr SyncOptions kScheduled = {SyncMode::kScheduled, absl::Minutes(5), absl::Seconds(30)};

class UploadPlannerTest : public testing::Test {
 protected:
  UploadPlanner MakePlanner(const SyncOptions& options = {}) {
    UploadPlanner planner(options, random_, now_);
    planner.SetAllowed(now_, true);
    return planner;
  }

  Random random_{7};
  SteadyTime now_ = SteadyTime::FromNanoseconds(1'000'000'000);
};

TEST_F(UploadPlannerTest, UploadsAChangeAtOnceInRealTimeMode) {
  UploadPlanner planner = MakePlanner();
  EXPECT_TRUE(planner.NextAt().is_infinite());
  planner.OnChange(now_, false);
  EXPECT_TRUE(planner.TakeStart(now_));
  EXPECT_FALSE(planner.pending());
}

TEST_F(UploadPlannerTest, WaitsUntilTheStationMayWrite) {
  UploadPlanner planner({}, random_, now_);
  planner.OnChange(now_, false);
  EXPECT_FALSE(planner.TakeStart(now_));
  planner.SetAllowed(now_, true);
  EXPECT_TRUE(planner.TakeStart(now_));
}

TEST_F(UploadPlannerTest, HasOneUploadUnderWayAndThenTheLatestChange) {
  UploadPlanner planner = MakePlanner();
  planner.OnChange(now_, false);
  ASSERT_TRUE(planner.TakeStart(now_));
  planner.OnChange(now_, false);
  planner.OnChange(now_, false);
  EXPECT_FALSE(planner.TakeStart(now_));
  planner.OnDone(now_);
  EXPECT_TRUE(planner.TakeStart(now_));
  planner.OnDone(now_);
  EXPECT_FALSE(planner.TakeStart(now_));
}

TEST_F(UploadPlannerTest, RetriesWithGrowingWaits) {
  UploadPlanner planner = MakePlanner();
  planner.OnChange(now_, false);
  absl::Duration longest;
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(planner.TakeStart(now_));
    planner.OnRetry(now_);
    const absl::Duration wait = planner.NextAt() - now_;
    EXPECT_GT(wait, absl::ZeroDuration());
    EXPECT_LE(wait, absl::Seconds(5));
    longest = std::max(longest, wait);
    now_ = planner.NextAt();
  }
  EXPECT_GT(longest, absl::Seconds(2));
}

TEST_F(UploadPlannerTest, CollectsChangesUntilTheScheduledSlot) {
  UploadPlanner planner = MakePlanner(kScheduled);
  planner.OnChange(now_, false);
  const SteadyTime slot = planner.NextAt();
  EXPECT_LE(slot, now_ + absl::Minutes(5) + absl::Seconds(30));
  EXPECT_FALSE(planner.TakeStart(slot - absl::Milliseconds(1)));
  planner.OnChange(now_ + absl::Milliseconds(1), false);
  EXPECT_EQ(planner.NextAt(), slot);
  EXPECT_TRUE(planner.TakeStart(slot));
}

TEST_F(UploadPlannerTest, SpacesSlotsByTheIntervalAndItsJitter) {
  UploadPlanner planner = MakePlanner(kScheduled);
  SteadyTime last;
  for (int i = 0; i < 50; ++i) {
    planner.OnChange(now_, false);
    const SteadyTime slot = planner.NextAt();
    if (i > 0) {
      EXPECT_GE(slot - last, absl::Minutes(4));
      EXPECT_LE(slot - last, absl::Minutes(6));
    }
    last = slot;
    now_ = slot;
    ASSERT_TRUE(planner.TakeStart(now_));
    planner.OnDone(now_);
  }
}

TEST_F(UploadPlannerTest, SpreadsStationsOverTheInterval) {
  SteadyTime earliest = SteadyTime::Infinite();
  SteadyTime latest;
  for (int i = 0; i < 100; ++i) {
    UploadPlanner planner = MakePlanner(kScheduled);
    planner.OnChange(now_, false);
    earliest = std::min(earliest, planner.NextAt());
    latest = std::max(latest, planner.NextAt());
  }
  EXPECT_GT(latest - earliest, absl::Minutes(4));
}

TEST_F(UploadPlannerTest, DoesNotLetTheScheduleDelayWhatIsUrgent) {
  UploadPlanner planner = MakePlanner(kScheduled);
  planner.OnChange(now_, true);
  EXPECT_TRUE(planner.TakeStart(now_));
}

TEST_F(UploadPlannerTest, ForgetsAChangeOfALostDuty) {
  UploadPlanner planner = MakePlanner();
  planner.OnChange(now_, false);
  planner.Forget();
  EXPECT_FALSE(planner.TakeStart(now_));
}

}  // namespace
}  // namespace understudy::station_agent
