#include "services/membership/timing_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace understudy::membership {
namespace {

SteadyTime At(int64_t milliseconds) {
  return SteadyTime::FromNanoseconds(milliseconds * 1'000'000);
}

class TimingWheelTest : public testing::Test {
 protected:
  TimingWheelTest() { wheel_.TakeDue(At(1000)); }

  TimingWheel wheel_{absl::Milliseconds(10), 8};
};

using Slots = std::vector<Slot>;

TEST_F(TimingWheelTest, BringsASlotUpWhenItsTimeHasComeAndNotBefore) {
  wheel_.Set(3, At(1100));
  EXPECT_EQ(wheel_.TakeDue(At(1099)), Slots{});
  EXPECT_EQ(wheel_.TakeDue(At(1100)), Slots{3});
  EXPECT_EQ(wheel_.TakeDue(At(1200)), Slots{});
}

TEST_F(TimingWheelTest, MovesASlotThatIsSetAgain) {
  wheel_.Set(3, At(1100));
  wheel_.Set(3, At(1200));
  EXPECT_EQ(wheel_.TakeDue(At(1150)), Slots{});
  EXPECT_EQ(wheel_.TakeDue(At(1200)), Slots{3});
}

TEST_F(TimingWheelTest, RemovesFromTheMiddleOfABucket) {
  for (const Slot slot : {0u, 1u, 2u}) wheel_.Set(slot, At(1100));
  wheel_.Remove(1);
  wheel_.Remove(1);
  EXPECT_EQ(wheel_.TakeDue(At(1100)), (Slots{0, 2}));
}

TEST_F(TimingWheelTest, BringsUpAtOnceWhatIsSetInThePast) {
  wheel_.Set(5, At(10));
  EXPECT_EQ(wheel_.TakeDue(At(1010)), Slots{5});
}

TEST_F(TimingWheelTest, BringsUpEarlyWhatIsBeyondTheRing) {
  wheel_.Set(5, At(1'000'000));
  EXPECT_EQ(wheel_.TakeDue(At(2000)), Slots{});
  EXPECT_EQ(wheel_.TakeDue(At(1000 + 10240)), Slots{5});
}

TEST_F(TimingWheelTest, BringsUpEverythingAfterALongPause) {
  wheel_.Set(1, At(1500));
  wheel_.Set(2, At(9000));
  EXPECT_EQ(wheel_.TakeDue(At(100'000)), (Slots{1, 2}));
}

TEST_F(TimingWheelTest, AgreesWithAMapOverRandomUse) {
  TimingWheel wheel(absl::Milliseconds(1), 50);
  std::map<Slot, int64_t> expected;
  std::mt19937 random(7);
  int64_t now = 5000;
  wheel.TakeDue(At(now));
  for (int step = 0; step < 5000; ++step) {
    const Slot slot = random() % 50;
    if (random() % 4 == 0) {
      wheel.Remove(slot);
      expected.erase(slot);
    } else {
      const int64_t time = now + 1 + random() % 900;
      wheel.Set(slot, At(time));
      expected[slot] = time;
    }
    now += random() % 20;
    Slots due;
    for (const auto& [each, time] : expected) {
      if (time <= now) due.push_back(each);
    }
    for (const Slot each : due) expected.erase(each);
    ASSERT_EQ(wheel.TakeDue(At(now)), due) << "step " << step;
  }
}

}  // namespace
}  // namespace understudy::membership
