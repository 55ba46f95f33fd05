#include "services/failover_orchestrator/collection_planner.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace understudy::failover_orchestrator {
namespace {

using Collections = std::vector<CollectionPlanner::Collection>;

class CollectionPlannerTest : public ::testing::Test {
 protected:
  CollectionPlanner Make(size_t max_under_way = 8) {
    return CollectionPlanner({.max_under_way = max_under_way}, random_);
  }
  // Moves to when something may be due, and takes it.
  Collections TakeNext(CollectionPlanner& planner) {
    now_ = std::max(now_, planner.NextAt());
    return planner.TakeDue(now_);
  }
  Collections TakeNextAsked(CollectionPlanner& planner) {
    Collections asked;
    while (asked.empty() && !planner.NextAt().is_infinite()) asked = TakeNext(planner);
    return asked;
  }
  void ChangeMany(CollectionPlanner& planner, int stations) {
    for (int i = 0; i < stations; ++i) {
      planner.OnChanged(absl::StrCat("s", i), absl::StrCat("d", i), now_);
    }
  }

  Random random_{7};
  SteadyTime now_ = SteadyTime::FromNanoseconds(1'000'000'000);
};

TEST_F(CollectionPlannerTest, AsksNobodyWhileNothingHasChanged) {
  CollectionPlanner planner = Make();
  EXPECT_TRUE(planner.NextAt().is_infinite());
  EXPECT_TRUE(planner.TakeDue(now_).empty());
}

TEST_F(CollectionPlannerTest, CollectsAChangeOnceInTheNextRound) {
  CollectionPlanner planner = Make();
  planner.OnChanged("gate-1", "gate", now_);
  planner.OnChanged("gate-1", "gate", now_ + absl::Minutes(1));
  const SteadyTime begin = now_;
  EXPECT_EQ(planner.NextAt(), begin + absl::Minutes(5));
  EXPECT_EQ(TakeNextAsked(planner), (Collections{{"gate-1", "gate"}}));
  EXPECT_LE(now_, begin + absl::Minutes(5) + absl::Seconds(30));
  EXPECT_EQ(planner.waiting(), 1u);
  EXPECT_TRUE(planner.OnAnswered("gate-1", true, now_));
  EXPECT_EQ(planner.waiting(), 0u);
  EXPECT_TRUE(planner.NextAt().is_infinite());
}

TEST_F(CollectionPlannerTest, SpreadsTheStationsOfARoundOverTheJitter) {
  CollectionPlanner planner = Make(1000);
  ChangeMany(planner, 100);
  const SteadyTime round = planner.NextAt();
  std::vector<SteadyTime> asked_at;
  while (asked_at.size() < 100) {
    for (size_t i = TakeNext(planner).size(); i > 0; --i) asked_at.push_back(now_);
  }
  EXPECT_LT(asked_at.front(), round + absl::Seconds(3));
  EXPECT_GT(asked_at.back(), round + absl::Seconds(27));
  EXPECT_LE(asked_at.back(), round + absl::Seconds(30));
}

TEST_F(CollectionPlannerTest, HasNoMoreUnderWayThanItMayAndAsksTheNextWhenOneHasAnswered) {
  CollectionPlanner planner = Make(3);
  ChangeMany(planner, 10);
  now_ = now_ + absl::Minutes(5);
  Collections asked = planner.TakeDue(now_);
  now_ = now_ + absl::Seconds(29);
  for (const auto& one : planner.TakeDue(now_)) asked.push_back(one);
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(planner.under_way(), 3u);
  EXPECT_TRUE(planner.TakeDue(now_ + absl::Milliseconds(1)).empty());
  for (size_t i = 0; i < asked.size(); ++i) {
    EXPECT_TRUE(planner.OnAnswered(asked[i].station_id, true, now_));
    for (const auto& one : planner.TakeDue(now_ + absl::Seconds(1))) asked.push_back(one);
    EXPECT_LE(planner.under_way(), 3u);
  }
  EXPECT_EQ(asked.size(), 10u);
  EXPECT_EQ(planner.waiting(), 0u);
}

TEST_F(CollectionPlannerTest, AStationThatDoesNotAnswerGivesItsPlaceUpUntilTheNextRound) {
  CollectionPlanner planner = Make(1);
  planner.OnChanged("gate-1", "gate", now_);
  ASSERT_EQ(TakeNextAsked(planner).size(), 1u);
  const SteadyTime asked = now_;
  EXPECT_EQ(planner.NextAt(), asked + absl::Seconds(30));
  EXPECT_TRUE(TakeNext(planner).empty());
  EXPECT_EQ(planner.under_way(), 0u);
  EXPECT_EQ(planner.timed_out(), 1u);
  EXPECT_FALSE(planner.OnAnswered("gate-1", true, now_)) << "too late";
  EXPECT_EQ(planner.NextAt(), asked + absl::Seconds(30) + absl::Minutes(5));
  EXPECT_EQ(TakeNextAsked(planner).size(), 1u);
}

TEST_F(CollectionPlannerTest, AFailureWaitsForTheNextRound) {
  CollectionPlanner planner = Make();
  planner.OnChanged("gate-1", "gate", now_);
  ASSERT_EQ(TakeNextAsked(planner).size(), 1u);
  EXPECT_TRUE(planner.OnAnswered("gate-1", false, now_));
  EXPECT_EQ(planner.NextAt(), now_ + absl::Minutes(5));
}

TEST_F(CollectionPlannerTest, AChangeThatComesWhileItIsCollectedIsCollectedInTheNextRound) {
  CollectionPlanner planner = Make();
  planner.OnChanged("gate-1", "gate", now_);
  ASSERT_EQ(TakeNextAsked(planner).size(), 1u);
  planner.OnChanged("gate-1", "gate", now_);
  EXPECT_TRUE(planner.OnAnswered("gate-1", true, now_));
  EXPECT_EQ(planner.waiting(), 1u);
  EXPECT_EQ(TakeNextAsked(planner).size(), 1u);
}

TEST_F(CollectionPlannerTest, ForgetsAStationThatDetaches) {
  CollectionPlanner planner = Make(1);
  ChangeMany(planner, 2);
  planner.OnDetached("s0");
  const Collections asked = TakeNextAsked(planner);
  EXPECT_EQ(asked, (Collections{{"s1", "d1"}}));
  planner.OnDetached("s1");
  EXPECT_EQ(planner.under_way(), 0u);
  EXPECT_TRUE(planner.NextAt().is_infinite());
}

}  // namespace
}  // namespace understudy::failover_orchestrator
