#include "services/station_agent/upload_planner.h"

#include <gtest/gtest.h>

namespace understudy::station_agent {
namespace {

constexpr SyncOptions kScheduled = {SyncMode::kScheduled};

class UploadPlannerTest : public testing::Test {
 protected:
  UploadPlanner MakePlanner(const SyncOptions& options = {}) {
    UploadPlanner planner(options, random_);
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
  UploadPlanner planner({}, random_);
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

TEST_F(UploadPlannerTest, KeepsScheduledChangesUntilTheyAreCollected) {
  UploadPlanner planner = MakePlanner(kScheduled);
  EXPECT_FALSE(planner.WaitsForCollection());
  planner.OnChange(now_, false);
  planner.OnChange(now_, false);
  EXPECT_TRUE(planner.WaitsForCollection());
  EXPECT_TRUE(planner.NextAt().is_infinite());
  planner.OnChange(now_, true);
  EXPECT_FALSE(planner.WaitsForCollection());
  EXPECT_TRUE(planner.TakeStart(now_));
  planner.OnChange(now_, false);
  EXPECT_FALSE(planner.WaitsForCollection()) << "the one before is under way";
  planner.OnDone(now_);
  EXPECT_TRUE(planner.WaitsForCollection());
}

TEST_F(UploadPlannerTest, RetriesWhatWasCollectedByItself) {
  UploadPlanner planner = MakePlanner(kScheduled);
  planner.OnChange(now_, true);
  ASSERT_TRUE(planner.TakeStart(now_));
  planner.OnRetry(now_);
  EXPECT_FALSE(planner.WaitsForCollection());
  EXPECT_LE(planner.NextAt(), now_ + absl::Seconds(5));
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
