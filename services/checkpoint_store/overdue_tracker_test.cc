#include "services/checkpoint_store/overdue_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::checkpoint_store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::Time At(int seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); }

// A device that stored at `last` for the `cycles`th time.
Device MakeDevice(DeviceNumber number, int last, uint64_t cycles, int learned, uint32_t told = 0) {
  Device device;
  device.number = number;
  device.last_cycle = At(last);
  device.cycles = cycles;
  device.learned_interval = absl::Seconds(learned);
  device.told_interval = told;
  return device;
}

class OverdueTrackerTest : public ::testing::Test {
 protected:
  OverdueTracker tracker_{{.grace = absl::Seconds(30), .learned_factor = 1.5}, At(0)};
};

TEST_F(OverdueTrackerTest, ALearnedIntervalGetsTheFactorAndTheGrace) {
  (void)tracker_.Update(MakeDevice(1, 100, 3, 20));
  EXPECT_THAT(tracker_.Tick(At(159)), IsEmpty());
  EXPECT_THAT(tracker_.Tick(At(160)), ElementsAre(1u));
  EXPECT_THAT(tracker_.Tick(At(500)), IsEmpty());
  EXPECT_TRUE(tracker_.IsOverdue(1));
}

TEST_F(OverdueTrackerTest, AToldIntervalCountsAtOnceAndWithTheGraceAlone) {
  (void)tracker_.Update(MakeDevice(1, 100, 1, 0, 600));
  EXPECT_THAT(tracker_.Tick(At(729)), IsEmpty());
  EXPECT_THAT(tracker_.Tick(At(730)), ElementsAre(1u));
}

TEST_F(OverdueTrackerTest, NobodyIsLateBeforeTheIntervalIsKnown) {
  (void)tracker_.Update(MakeDevice(1, 100, 2, 20));
  (void)tracker_.Update(MakeDevice(2, 0, 0, 0));
  EXPECT_THAT(tracker_.Tick(At(100'000)), IsEmpty());
}

TEST_F(OverdueTrackerTest, ADeviceThatComesBackIsToldOnceAndWatchedAgain) {
  EXPECT_FALSE(tracker_.Update(MakeDevice(1, 100, 3, 20)));
  (void)tracker_.Tick(At(200));
  EXPECT_TRUE(tracker_.Update(MakeDevice(1, 300, 4, 20)));
  EXPECT_FALSE(tracker_.Update(MakeDevice(1, 320, 5, 20)));
  EXPECT_THAT(tracker_.overdue(), IsEmpty());
  EXPECT_THAT(tracker_.Tick(At(380)), ElementsAre(1u));
}

TEST_F(OverdueTrackerTest, TheLongestLateComeFirst) {
  (void)tracker_.Update(MakeDevice(1, 110, 3, 20));
  (void)tracker_.Update(MakeDevice(2, 100, 3, 20));
  EXPECT_THAT(tracker_.Tick(At(1000)), ElementsAre(2u, 1u));
}

TEST_F(OverdueTrackerTest, ARevokedOrErasedDeviceIsNeverLate) {
  (void)tracker_.Update(MakeDevice(1, 100, 3, 20));
  (void)tracker_.Update(MakeDevice(2, 100, 3, 20));
  (void)tracker_.Tick(At(1000));
  Device revoked = MakeDevice(1, 100, 3, 20);
  revoked.revoked = true;
  (void)tracker_.Update(revoked);
  tracker_.Erase(2);
  EXPECT_THAT(tracker_.overdue(), IsEmpty());
  EXPECT_THAT(tracker_.Tick(At(100'000)), IsEmpty());
}

TEST_F(OverdueTrackerTest, AfterARestartEveryDeviceGetsAWholeInterval) {
  OverdueTracker restarted({.grace = absl::Seconds(30), .learned_factor = 1.5}, At(10'000));
  (void)restarted.Update(MakeDevice(1, 100, 3, 20));
  EXPECT_THAT(restarted.Tick(At(10'059)), IsEmpty());
  EXPECT_THAT(restarted.Tick(At(10'060)), ElementsAre(1u));
}

TEST_F(OverdueTrackerTest, ASuspicionThatChangesNoTimeDoesNotBringADeviceBack) {
  Device device = MakeDevice(1, 100, 3, 20);
  (void)tracker_.Update(device);
  (void)tracker_.Tick(At(1000));
  device.suspicions = 1;
  EXPECT_FALSE(tracker_.Update(device));
  EXPECT_TRUE(tracker_.IsOverdue(1));
}

}  // namespace
}  // namespace understudy::checkpoint_store
