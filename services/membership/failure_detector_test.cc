#include "services/membership/failure_detector.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

namespace understudy::membership {
namespace {

constexpr size_t kSlots = 20'000;

// Slots that beat every 100 ms of a time that only the test moves, 10 ms at a step.
class FailureDetectorTest : public testing::Test {
 protected:
  void AddBeating(Slot count) {
    for (Slot slot = 0; slot < count; ++slot) {
      heard_.Set(slot, now_);
      detector_.Watch(slot);
      beating_.insert(slot);
    }
  }
  void Silence(Slot first, Slot end) {
    for (Slot slot = first; slot < end; ++slot) beating_.erase(slot);
  }
  // The observer looks every 10 ms; slot n beats in the step (n mod 10) of each interval.
  void Run(absl::Duration duration) {
    const SteadyTime end = now_ + duration;
    while (now_ < end) {
      Step(absl::Milliseconds(10));
      Look();
    }
  }
  // Beats arrive, nobody looks.
  void Step(absl::Duration step) {
    now_ = now_ + step;
    const auto phase = static_cast<Slot>(now_.nanoseconds() / 10'000'000 % 10);
    for (const Slot slot : beating_) {
      if (slot % 10 == phase || step > absl::Milliseconds(100)) heard_.Set(slot, now_);
    }
  }
  void Look() {
    const FailureDetector::TickResult result = detector_.Tick(now_);
    stall_ += result.stall;
    for (const Slot slot : result.suspected) suspected_.emplace(slot, now_);
    for (const auto& silence : result.failed) {
      EXPECT_FALSE(failed_.contains(silence.slot)) << silence.slot;
      failed_.emplace(silence.slot, silence);
    }
  }

  DetectorPolicy policy_;
  HeardTimes heard_{kSlots};
  FailureDetector detector_{policy_, heard_};
  SteadyTime now_ = SteadyTime::FromNanoseconds(5'000'000'000);
  std::set<Slot> beating_;
  std::map<Slot, FailureDetector::Silence> failed_;
  std::map<Slot, SteadyTime> suspected_;
  absl::Duration stall_;
};

TEST_F(FailureDetectorTest, FailsAStationAfterThreeMissedBeats) {
  AddBeating(10);
  Run(absl::Seconds(1));
  const SteadyTime last = heard_.Get(7);
  Silence(7, 8);
  while (!failed_.contains(7)) Run(absl::Milliseconds(10));
  EXPECT_EQ(failed_.size(), 1u);
  EXPECT_EQ(failed_[7].last_heard, last);
  EXPECT_EQ(failed_[7].missed_beats, 3u);
  EXPECT_GE(failed_[7].silent_for, absl::Milliseconds(300));
  EXPECT_LE(failed_[7].silent_for, absl::Milliseconds(310));
  EXPECT_FALSE(detector_.IsWatched(7));
}

TEST_F(FailureDetectorTest, SuspectsAStationShortlyBeforeItFails) {
  AddBeating(10);
  Run(absl::Seconds(1));
  Silence(7, 8);
  while (!failed_.contains(7)) Run(absl::Milliseconds(10));
  ASSERT_EQ(suspected_.size(), 1u);
  EXPECT_EQ(now_ - suspected_[7], policy_.suspicion_lead);
}

TEST_F(FailureDetectorTest, ForgetsASuspicionWhenABeatComesInTime) {
  AddBeating(10);
  Run(absl::Seconds(1));
  Silence(7, 8);
  while (!suspected_.contains(7)) Run(absl::Milliseconds(10));
  heard_.Set(7, now_);
  beating_.insert(7);
  suspected_.clear();
  Run(absl::Seconds(2));
  EXPECT_TRUE(failed_.empty());
  EXPECT_TRUE(suspected_.empty());
}

TEST_F(FailureDetectorTest, WarnsOfNobodyWhileMostOfTheSiteIsSilent) {
  AddBeating(1000);
  Run(absl::Seconds(1));
  Silence(0, 1000);
  while (!detector_.storm_brake()) Run(absl::Milliseconds(10));
  suspected_.clear();
  Run(absl::Milliseconds(300));
  EXPECT_TRUE(detector_.storm_brake());
  EXPECT_TRUE(suspected_.empty());
}

TEST_F(FailureDetectorTest, FailsNobodyWhoBeats) {
  AddBeating(kSlots);
  Run(absl::Seconds(10));
  EXPECT_TRUE(failed_.empty());
  EXPECT_TRUE(suspected_.empty());
  EXPECT_EQ(detector_.watched(), kSlots);
}

TEST_F(FailureDetectorTest, GivesANewcomerALongerFirstDeadline) {
  AddBeating(1);
  Silence(0, 1);
  Run(absl::Milliseconds(2990));
  EXPECT_TRUE(failed_.empty());
  Run(absl::Milliseconds(20));
  EXPECT_TRUE(failed_.contains(0));
}

TEST_F(FailureDetectorTest, ForgetsWhomItNoLongerWatches) {
  AddBeating(2);
  Silence(0, 2);
  detector_.Unwatch(0);
  detector_.Unwatch(0);
  Run(absl::Seconds(5));
  EXPECT_FALSE(failed_.contains(0));
  EXPECT_TRUE(failed_.contains(1));
}

TEST_F(FailureDetectorTest, ReportsFailuresOfOneTickInTheOrderOfTheSlots) {
  AddBeating(40);
  Run(absl::Seconds(1));
  for (const Slot slot : {31u, 11u, 1u, 21u}) Silence(slot, slot + 1);
  std::vector<Slot> order;
  for (int i = 0; i < 60 && order.empty(); ++i) {
    Step(absl::Milliseconds(10));
    for (const auto& silence : detector_.Tick(now_).failed) order.push_back(silence.slot);
  }
  EXPECT_EQ(order, (std::vector<Slot>{1, 11, 21, 31}));
}

TEST_F(FailureDetectorTest, BlamesItselfForItsOwnStall) {
  AddBeating(10);
  Run(absl::Seconds(1));
  // Beats that came meanwhile were never noted.
  now_ = now_ + absl::Seconds(2);
  Look();
  EXPECT_TRUE(failed_.empty());
  EXPECT_EQ(stall_, absl::Milliseconds(1990));
  Run(absl::Seconds(1));
  EXPECT_TRUE(failed_.empty());
}

TEST_F(FailureDetectorTest, StillFailsWhoStaysSilentAfterAStall) {
  AddBeating(10);
  Run(absl::Seconds(1));
  Silence(4, 5);
  now_ = now_ + absl::Seconds(2);
  Look();
  Run(absl::Milliseconds(400));
  ASSERT_TRUE(failed_.contains(4));
  EXPECT_EQ(failed_.size(), 1u);
  EXPECT_EQ(failed_[4].missed_beats, 3u);
  EXPECT_GT(failed_[4].silent_for, absl::Seconds(2));
}

TEST_F(FailureDetectorTest, DoesNotExtendDeadlinesForASmallDelay) {
  AddBeating(10);
  Run(absl::Seconds(1));
  Silence(4, 5);
  for (int i = 0; i < 8; ++i) {
    for (int step = 0; step < 5; ++step) Step(absl::Milliseconds(10));
    Look();
  }
  EXPECT_EQ(stall_, absl::ZeroDuration());
  EXPECT_TRUE(failed_.contains(4));
}

TEST_F(FailureDetectorTest, HoldsBackWhenMoreThanHalfFallSilentAtOnce) {
  AddBeating(10);
  Run(absl::Seconds(1));
  Silence(0, 6);
  Run(absl::Milliseconds(700));
  EXPECT_TRUE(failed_.empty());
  EXPECT_TRUE(detector_.storm_brake());
}

TEST_F(FailureDetectorTest, LetsGoWhenTheSilentComeBack) {
  AddBeating(10);
  Run(absl::Seconds(1));
  Silence(0, 6);
  Run(absl::Milliseconds(900));
  for (Slot slot = 0; slot < 6; ++slot) beating_.insert(slot);
  Run(absl::Seconds(2));
  EXPECT_TRUE(failed_.empty());
  EXPECT_FALSE(detector_.storm_brake());
  EXPECT_EQ(detector_.watched(), 10u);
}

TEST_F(FailureDetectorTest, FailsTheConfirmedAfterAStorm) {
  AddBeating(10);
  Run(absl::Seconds(1));
  Silence(0, 6);
  Run(absl::Milliseconds(1500));
  EXPECT_EQ(failed_.size(), 6u);
  for (const auto& [slot, silence] : failed_) {
    EXPECT_TRUE(silence.confirmed_in_storm) << slot;
    EXPECT_GE(silence.missed_beats, 13u) << slot;
  }
  EXPECT_FALSE(detector_.storm_brake());
}

TEST_F(FailureDetectorTest, TakesHalfForNoStorm) {
  AddBeating(10);
  Run(absl::Seconds(1));
  Silence(0, 5);
  Run(absl::Milliseconds(420));
  EXPECT_EQ(failed_.size(), 5u);
}

TEST_F(FailureDetectorTest, HoldsBackWhenAllOfATinySiteFallSilentAtOnce) {
  AddBeating(3);
  Run(absl::Seconds(1));
  Silence(0, 3);
  Run(absl::Milliseconds(700));
  EXPECT_TRUE(failed_.empty());
  EXPECT_TRUE(detector_.storm_brake());
  Run(absl::Milliseconds(800));
  EXPECT_EQ(failed_.size(), 3u);
}

TEST_F(FailureDetectorTest, BlamesNobodyOfATinySiteThatComesBack) {
  AddBeating(2);
  Run(absl::Seconds(1));
  Silence(0, 2);
  Run(absl::Seconds(1));
  beating_ = {0, 1};
  Run(absl::Seconds(2));
  EXPECT_TRUE(failed_.empty());
  EXPECT_FALSE(detector_.storm_brake());
}

TEST_F(FailureDetectorTest, TakesAPartOfATinySiteForNoStorm) {
  AddBeating(3);
  Run(absl::Seconds(1));
  Silence(0, 2);
  Run(absl::Milliseconds(420));
  EXPECT_EQ(failed_.size(), 2u);
}

TEST_F(FailureDetectorTest, TakesTheOnlyStationForNoStorm) {
  AddBeating(1);
  Run(absl::Seconds(1));
  Silence(0, 1);
  Run(absl::Milliseconds(420));
  EXPECT_EQ(failed_.size(), 1u);
}

TEST_F(FailureDetectorTest, CountsRecentFailuresTowardsTheStorm) {
  AddBeating(10);
  Run(absl::Seconds(1));
  Silence(0, 4);
  Run(absl::Milliseconds(350));
  const size_t before = failed_.size();
  EXPECT_GT(before, 0u);
  Silence(4, 10);
  Run(absl::Milliseconds(400));
  EXPECT_TRUE(detector_.storm_brake());
  EXPECT_LE(failed_.size(), 4u);
}

TEST_F(FailureDetectorTest, BrakesWhenHardlyAnybodyComesBackAfterOurOwnStart) {
  AddBeating(10);
  Silence(2, 10);
  Run(absl::Milliseconds(3500));
  EXPECT_TRUE(failed_.empty());
  EXPECT_TRUE(detector_.storm_brake());
  Run(absl::Seconds(1));
  EXPECT_EQ(failed_.size(), 8u);
}

struct LimitCase {
  absl::Duration interval;
  uint32_t limit;
};

class FailureDetectorLimitTest : public testing::TestWithParam<LimitCase> {};

TEST_P(FailureDetectorLimitTest, FailsWithinATickAfterTheLimit) {
  const DetectorPolicy policy{.beat_interval = GetParam().interval,
                              .missed_beats_limit = GetParam().limit,
                              .first_deadline = absl::ZeroDuration(),
                              .tick = GetParam().interval / 10};
  HeardTimes heard(1);
  FailureDetector detector(policy, heard);
  SteadyTime now = SteadyTime::FromNanoseconds(1'000'000'000);
  heard.Set(0, now);
  detector.Watch(0);
  const SteadyTime start = now;
  std::vector<FailureDetector::Silence> failed;
  while (failed.empty()) {
    now = now + policy.tick;
    failed = detector.Tick(now).failed;
  }
  EXPECT_GE(now - start, policy.detection_time());
  EXPECT_LE(now - start, policy.detection_time() + policy.tick);
  EXPECT_EQ(failed[0].missed_beats, policy.missed_beats_limit);
}

INSTANTIATE_TEST_SUITE_P(Limits, FailureDetectorLimitTest,
                         testing::Values(LimitCase{absl::Milliseconds(10), 1},
                                         LimitCase{absl::Milliseconds(100), 3},
                                         LimitCase{absl::Seconds(1), 5},
                                         LimitCase{absl::Seconds(60), 100}));

}  // namespace
}  // namespace understudy::membership
