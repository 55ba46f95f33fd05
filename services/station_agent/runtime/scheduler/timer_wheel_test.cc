#include "services/station_agent/runtime/scheduler/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace understudy::station_agent::runtime {
namespace {

constexpr TimerWheel::Owner kNobody = TimerWheel::kNobody;

SteadyTime At(int64_t nanoseconds) { return SteadyTime::FromNanoseconds(nanoseconds); }

TEST(TimerWheelTest, FiresInOrderOfDeadlinesAndThenOfArming) {
  TimerWheel wheel(At(0), 4);
  const int64_t deadlines[] = {5'000'000, 1'000'000, 5'000'000, 70};
  for (uint32_t i = 0; i < 4; ++i) wheel.Arm(i, At(deadlines[i]));
  std::vector<uint32_t> fired;
  for (int64_t t = 0; t <= 6'000'000; t += 10'000) {
    for (auto owner = wheel.PopDue(At(t)); owner != kNobody; owner = wheel.PopDue(At(t))) {
      fired.push_back(owner);
    }
  }
  EXPECT_EQ(fired, (std::vector<uint32_t>{3, 1, 0, 2}));
}

TEST(TimerWheelTest, NeverFiresEarlyAndIsExact) {
  TimerWheel wheel(At(0), 1);
  const SteadyTime deadline = At(3'600'000'000'123);
  wheel.Arm(0, deadline);
  EXPECT_EQ(wheel.PopDue(At(3'600'000'000'122)), kNobody);
  EXPECT_EQ(wheel.NextWake(), deadline);
  EXPECT_EQ(wheel.PopDue(deadline), 0u);
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_TRUE(wheel.NextWake().is_infinite());
}

TEST(TimerWheelTest, CancelledTimersDoNotFire) {
  TimerWheel wheel(At(0), 2);
  wheel.Arm(0, At(10));
  wheel.Arm(1, At(10'000'000'000));
  wheel.Cancel(0);
  wheel.Cancel(1);
  wheel.Cancel(1);
  EXPECT_EQ(wheel.PopDue(At(20'000'000'000)), kNobody);
  EXPECT_FALSE(wheel.IsArmed(1));
}

TEST(TimerWheelTest, OneThatIsArmedAnewWithinATickFiresOnce) {
  TimerWheel wheel(At(1000), 1);
  wheel.Arm(0, At(1010));
  wheel.Cancel(0);
  wheel.Arm(0, At(1020));
  EXPECT_EQ(wheel.NextWake(), At(1020));
  EXPECT_EQ(wheel.PopDue(At(1015)), kNobody);
  EXPECT_EQ(wheel.PopDue(At(2000)), 0u);
  EXPECT_EQ(wheel.PopDue(At(3000)), kNobody);
}

// Random arming, cancelling and advancing, held against a sorted map.
class TimerWheelModelTest : public testing::TestWithParam<uint64_t> {};

TEST_P(TimerWheelModelTest, AgreesWithASortedMap) {
  constexpr uint32_t kOwners = 10'000;
  std::mt19937_64 random(GetParam());
  int64_t now = 1'000'000'000;
  TimerWheel wheel(At(now), kOwners);
  std::multimap<int64_t, uint32_t> model;
  uint32_t next_owner = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto choice = random() % 10;
    if (choice < 5) {
      while (wheel.IsArmed(next_owner)) next_owner = (next_owner + 1) % kOwners;
      const int64_t deadline = now + static_cast<int64_t>(random() % (1ULL << (random() % 45)));
      wheel.Arm(next_owner, At(deadline));
      model.emplace(deadline, next_owner);
    } else if (choice < 7 && !model.empty()) {
      auto victim = model.lower_bound(now + static_cast<int64_t>(random() % 1'000'000'000));
      if (victim == model.end()) victim = model.begin();
      wheel.Cancel(victim->second);
      model.erase(victim);
    } else {
      ASSERT_EQ(wheel.NextWake().is_infinite(), model.empty());
      if (!model.empty()) {
        ASSERT_LE(wheel.NextWake().nanoseconds(), model.begin()->first);
      }
      now += static_cast<int64_t>(random() % (1ULL << (random() % 32)));
      for (auto fired = wheel.PopDue(At(now)); fired != kNobody; fired = wheel.PopDue(At(now))) {
        ASSERT_FALSE(model.empty());
        ASSERT_EQ(fired, model.begin()->second);
        model.erase(model.begin());
      }
      ASSERT_TRUE(model.empty() || model.begin()->first > now);
    }
    ASSERT_EQ(wheel.size(), model.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TimerWheelModelTest, testing::Range<uint64_t>(1, 6));

}  // namespace
}  // namespace understudy::station_agent::runtime
