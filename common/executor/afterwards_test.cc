#include "common/executor/afterwards.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/executor/manual_executor.h"
#include "common/time/simulated_clock.h"

namespace understudy {
namespace {

class AfterwardsTest : public testing::Test {
 protected:
  void Do(int number) {
    afterwards_.Do([this, number] { done_.push_back(number); });
  }

  SimulatedClock clock_;
  ManualExecutor executor_{clock_};
  Afterwards afterwards_{executor_, clock_, absl::Milliseconds(5)};
  std::vector<int> done_;
};

TEST_F(AfterwardsTest, DoesEverythingInOrderALittleLater) {
  Do(1);
  executor_.Advance(absl::Milliseconds(4));
  Do(2);
  EXPECT_TRUE(done_.empty());
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(done_, (std::vector<int>{1, 2}));
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(done_.size(), 2u);
}

TEST_F(AfterwardsTest, WhatATaskAddsComesInTheNextRound) {
  afterwards_.Do([this] { Do(1); });
  executor_.Advance(absl::Milliseconds(5));
  EXPECT_TRUE(done_.empty());
  executor_.Advance(absl::Milliseconds(5));
  EXPECT_EQ(done_, (std::vector<int>{1}));
}

TEST_F(AfterwardsTest, KeepsNoMoreThanItsLimit) {
  const int limit = static_cast<int>(Afterwards::kMaxTasks);
  for (int i = 0; i < limit; ++i) Do(i);
  EXPECT_TRUE(done_.empty());
  Do(limit);
  EXPECT_EQ(done_.size(), Afterwards::kMaxTasks + 1);
  EXPECT_EQ(done_.back(), limit);
}

}  // namespace
}  // namespace understudy
