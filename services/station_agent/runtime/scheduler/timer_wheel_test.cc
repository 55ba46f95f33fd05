#include "services/station_agent/runtime/scheduler/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace understudy::station_agent::runtime {
namespace {

SteadyTime At(int64_t nanoseconds) { return SteadyTime::FromNanoseconds(nanoseconds); }

TEST(TimerWheelTest, FiresInOrderOfDeadlinesAndThenOfArming) {
  TimerWheel wheel(At(0));
  Timer timers[4];
  const int64_t deadlines[] = {5'000'000, 1'000'000, 5'000'000, 70};
  for (int i = 0; i < 4; ++i) {
    timers[i].deadline = At(deadlines[i]);
    wheel.Arm(timers[i]);
  }
  std::vector<Timer*> fired;
  for (int64_t t = 0; t <= 6'000'000; t += 10'000) {
    while (Timer* timer = wheel.PopDue(At(t))) fired.push_back(timer);
  }
  EXPECT_EQ(fired, (std::vector<Timer*>{&timers[3], &timers[1], &timers[0], &timers[2]}));
}

TEST(TimerWheelTest, NeverFiresEarlyAndIsExact) {
  TimerWheel wheel(At(0));
  Timer timer;
  timer.deadline = At(3'600'000'000'123);
  wheel.Arm(timer);
  EXPECT_EQ(wheel.PopDue(At(3'600'000'000'122)), nullptr);
  EXPECT_EQ(wheel.NextWake(), timer.deadline);
  EXPECT_EQ(wheel.PopDue(At(3'600'000'000'123)), &timer);
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_TRUE(wheel.NextWake().is_infinite());
}

TEST(TimerWheelTest, CancelledTimersDoNotFire) {
  TimerWheel wheel(At(0));
  Timer near;
  near.deadline = At(10);
  Timer far;
  far.deadline = At(10'000'000'000);
  wheel.Arm(near);
  wheel.Arm(far);
  wheel.Cancel(near);
  wheel.Cancel(far);
  wheel.Cancel(far);
  EXPECT_EQ(wheel.PopDue(At(20'000'000'000)), nullptr);
  EXPECT_FALSE(far.armed());
}

// Random arming, cancelling and advancing, held against a sorted map.
class TimerWheelModelTest : public testing::TestWithParam<uint64_t> {};

TEST_P(TimerWheelModelTest, AgreesWithASortedMap) {
  std::mt19937_64 random(GetParam());
  int64_t now = 1'000'000'000;
  TimerWheel wheel{At(now)};
  std::multimap<int64_t, Timer*> model;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int step = 0; step < 20'000; ++step) {
    const auto choice = random() % 10;
    if (choice < 5) {
      timers.push_back(std::make_unique<Timer>());
      timers.back()->deadline =
          At(now + static_cast<int64_t>(random() % (1ULL << (random() % 45))));
      wheel.Arm(*timers.back());
      model.emplace(timers.back()->deadline.nanoseconds(), timers.back().get());
    } else if (choice < 7 && !model.empty()) {
      auto victim = model.lower_bound(now + static_cast<int64_t>(random() % 1'000'000'000));
      if (victim == model.end()) victim = model.begin();
      wheel.Cancel(*victim->second);
      model.erase(victim);
    } else {
      ASSERT_EQ(wheel.NextWake().is_infinite(), model.empty());
      if (!model.empty()) {
        ASSERT_LE(wheel.NextWake().nanoseconds(), model.begin()->first);
      }
      now += static_cast<int64_t>(random() % (1ULL << (random() % 32)));
      while (Timer* fired = wheel.PopDue(At(now))) {
        ASSERT_FALSE(model.empty());
        ASSERT_EQ(fired->deadline.nanoseconds(), model.begin()->first);
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
