#include "services/checkpoint_store/guess_guard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace understudy::checkpoint_store {
namespace {

SteadyTime At(double seconds) {
  return SteadyTime::FromNanoseconds(0) + absl::Seconds(1000) + absl::Seconds(seconds);
}

class GuessGuardTest : public ::testing::Test {
 protected:
  GuessGuardTest()
      : guard_({.source_budget = 3,
                .source_refill = absl::Seconds(10),
                .first_delay = absl::Seconds(2),
                .max_delay = absl::Seconds(60),
                .block_after = 3,
                .total_budget = 20,
                .total_per_second = 1,
                .good_standing = absl::Seconds(100),
                .max_sources = 4}) {}

  void Miss(const std::string& source, int times, double when = 0) {
    for (int i = 0; i < times; ++i) (void)guard_.Miss(source, At(when));
  }

  GuessGuard guard_;
};

TEST_F(GuessGuardTest, ASourceMayGuessWithinItsBudget) {
  Miss("a", 3);
  EXPECT_TRUE(guard_.Admit("a", At(0)).admitted);
}

TEST_F(GuessGuardTest, BeyondTheBudgetItIsRefusedForATimeThatDoubles) {
  Miss("a", 4);
  GuessGuard::Verdict verdict = guard_.Admit("a", At(0));
  EXPECT_FALSE(verdict.admitted);
  EXPECT_EQ(verdict.retry_after, absl::Seconds(2));
  EXPECT_TRUE(guard_.Admit("a", At(2)).admitted);
  Miss("a", 1, 2);
  EXPECT_EQ(guard_.Admit("a", At(2)).retry_after, absl::Seconds(4));
  EXPECT_TRUE(guard_.Admit("a", At(6)).admitted);
}

TEST_F(GuessGuardTest, TheDelayHasALimitAndEndsInABlock) {
  Miss("a", 5);
  EXPECT_FALSE(guard_.Admit("a", At(0)).blocked);
  EXPECT_TRUE(guard_.Miss("a", At(0)));
  EXPECT_TRUE(guard_.Admit("a", At(0)).blocked);
  EXPECT_FALSE(guard_.Miss("a", At(0)));
  Miss("a", 20);
  EXPECT_EQ(guard_.Admit("a", At(0)).retry_after, absl::Seconds(60));
}

TEST_F(GuessGuardTest, BudgetComesBackWithTimeAndAFullOneForgives) {
  Miss("a", 5);
  Miss("a", 1, 14);
  EXPECT_TRUE(guard_.Admit("a", At(14)).admitted);
  Miss("a", 4, 100);
  EXPECT_EQ(guard_.Admit("a", At(100)).retry_after, absl::Seconds(2));
}

TEST_F(GuessGuardTest, WhoGoesOnAsSoonAsItMayEndsInABlockAndWaitsAnHourForEachGuess) {
  GuessGuard guard{GuessPolicy()};
  std::vector<absl::Duration> delays;
  for (double now = 0; delays.size() < 13;) {
    (void)guard.Miss("a", At(now));
    const GuessGuard::Verdict verdict = guard.Admit("a", At(now));
    if (verdict.admitted) continue;
    EXPECT_EQ(verdict.blocked, delays.size() >= 9) << delays.size();
    delays.push_back(verdict.retry_after);
    now += absl::ToDoubleSeconds(verdict.retry_after);
  }
  EXPECT_EQ(delays[0], absl::Seconds(2));
  EXPECT_EQ(delays[9], absl::Seconds(1024));
  EXPECT_EQ(delays[12], absl::Hours(1));
}

TEST_F(GuessGuardTest, OneSourceDoesNotHarmAnother) {
  Miss("a", 10);
  EXPECT_TRUE(guard_.Admit("b", At(0)).admitted);
}

TEST_F(GuessGuardTest, WhenAllTogetherGuessTooMuchOnlyThoseInGoodStandingAreLetIn) {
  guard_.Hit("good", At(0));
  for (int i = 0; i < 10; ++i) Miss("source-" + std::to_string(i % 2), 2);
  EXPECT_FALSE(guard_.Admit("new", At(0)).admitted);
  EXPECT_TRUE(guard_.Admit("good", At(0)).admitted);
  EXPECT_TRUE(guard_.Admit("new", At(1)).admitted);
}

TEST_F(GuessGuardTest, AGuessOrALongTimeEndsTheGoodStanding) {
  guard_.Hit("guesser", At(0));
  guard_.Hit("old", At(-101));
  (void)guard_.Miss("guesser", At(0));
  Miss("a", 10);
  Miss("b", 10);
  EXPECT_FALSE(guard_.Admit("guesser", At(0)).admitted);
  EXPECT_FALSE(guard_.Admit("old", At(0)).admitted);
}

TEST_F(GuessGuardTest, TheTableIsBoundedAndForgetsRefusedSourcesLast) {
  Miss("refused", 4);
  for (const char* source : {"b", "c", "d", "e", "f"}) Miss(source, 1);
  EXPECT_EQ(guard_.source_count(), 4u);
  EXPECT_FALSE(guard_.Admit("refused", At(0)).admitted);
}

TEST_F(GuessGuardTest, AnIpv6NetworkIsOneSource) {
  EXPECT_EQ(SourceOf("2001:db8:1:2:3:4:5:6"), SourceOf("2001:db8:1:2::1"));
  EXPECT_NE(SourceOf("2001:db8:1:2::1"), SourceOf("2001:db8:1:3::1"));
  EXPECT_EQ(SourceOf("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(SourceOf("192.0.2.7"), "192.0.2.7");
}

}  // namespace
}  // namespace understudy::checkpoint_store
