#include "services/membership/replay_window.h"

#include <gtest/gtest.h>

namespace understudy::membership {
namespace {

using Verdict = ReplayWindow::Verdict;

TEST(ReplayWindowTest, AcceptsGrowingNumbersWithGaps) {
  ReplayWindow window;
  for (const uint64_t sequence : {1ull, 2ull, 5ull, 1000ull, ~0ull}) {
    EXPECT_EQ(window.Accept(sequence), Verdict::kNew) << sequence;
  }
  EXPECT_EQ(window.highest(), ~0ull);
}

TEST(ReplayWindowTest, RefusesTheSameNumberTwice) {
  ReplayWindow window;
  EXPECT_EQ(window.Accept(7), Verdict::kNew);
  EXPECT_EQ(window.Accept(7), Verdict::kReplayed);
}

TEST(ReplayWindowTest, TellsALateNumberFromAReplayedOne) {
  ReplayWindow window;
  window.Accept(1);
  window.Accept(3);
  EXPECT_EQ(window.Accept(2), Verdict::kLate);
  EXPECT_EQ(window.Accept(2), Verdict::kReplayed);
  EXPECT_EQ(window.Accept(1), Verdict::kReplayed);
}

TEST(ReplayWindowTest, CountsWhatIsTooOldToRememberAsReplayed) {
  ReplayWindow window;
  window.Accept(100);
  EXPECT_EQ(window.Accept(37), Verdict::kLate);
  EXPECT_EQ(window.Accept(36), Verdict::kReplayed);
}

TEST(ReplayWindowTest, ForgetsTheOldWindowAfterALargeStep) {
  ReplayWindow window;
  window.Accept(10);
  window.Accept(10 + 64);
  EXPECT_EQ(window.Accept(11), Verdict::kLate);
  EXPECT_EQ(window.Accept(10), Verdict::kReplayed);
}

TEST(ReplayWindowTest, NeverTakesZero) {
  ReplayWindow window;
  EXPECT_EQ(window.Accept(0), Verdict::kReplayed);
  window.Accept(1);
  EXPECT_EQ(window.Accept(0), Verdict::kReplayed);
}

}  // namespace
}  // namespace understudy::membership
