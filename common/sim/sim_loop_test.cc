#include "common/sim/sim_loop.h"

#include <gtest/gtest.h>

#include <vector>

namespace understudy {
namespace {

TEST(SimLoopTest, RunsEventsInTheOrderOfTheirTimesAndTiesInTheOrderOfTheCalls) {
  SimLoop loop;
  const SteadyTime start = loop.now();
  std::vector<int> order;
  for (const int milliseconds : {30, 10, 20, 10}) {
    loop.After(absl::Milliseconds(milliseconds),
               [&order, milliseconds] { order.push_back(milliseconds); });
  }
  loop.At(start + absl::Milliseconds(10), [&order] { order.push_back(-10); });
  while (loop.RunNext(SteadyTime::Infinite())) {
  }
  EXPECT_EQ(order, (std::vector<int>{10, 10, -10, 20, 30}));
  EXPECT_EQ(loop.now() - start, absl::Milliseconds(30));
}

TEST(SimLoopTest, RunsNothingBeyondTheLimit) {
  SimLoop loop;
  const SteadyTime start = loop.now();
  loop.After(absl::Milliseconds(10), [] {});
  EXPECT_FALSE(loop.RunNext(start + absl::Milliseconds(9)));
  EXPECT_EQ(loop.now(), start);
  EXPECT_TRUE(loop.RunNext(start + absl::Milliseconds(10)));
}

TEST(SimLoopTest, TakesATimeThatHasPassedForNow) {
  SimLoop loop;
  loop.AdvanceTo(loop.now() + absl::Seconds(1));
  const SteadyTime start = loop.now();
  loop.At(start - absl::Milliseconds(1), [] {});
  EXPECT_TRUE(loop.RunNext(start));
  EXPECT_EQ(loop.now(), start);
}

TEST(SimLoopTest, NeverReachesInfinity) {
  SimLoop loop;
  loop.At(SteadyTime::Infinite(), [] {});
  EXPECT_FALSE(loop.RunNext(SteadyTime::Infinite()));
}

TEST(SimLoopTest, DoesNotRunACancelledEvent) {
  SimLoop loop;
  bool ran = false;
  const auto event = loop.After(absl::Seconds(1), [&ran] { ran = true; });
  EXPECT_TRUE(loop.Cancel(event));
  EXPECT_FALSE(loop.Cancel(event));
  EXPECT_FALSE(loop.RunNext(SteadyTime::Infinite()));
  EXPECT_FALSE(ran);
}

TEST(SimLoopTest, CannotCancelAnEventFromWithinItself) {
  SimLoop loop;
  SimLoop::EventId event = 0;
  bool cancelled = true;
  event = loop.After(absl::Seconds(1), [&] { cancelled = loop.Cancel(event); });
  EXPECT_TRUE(loop.RunNext(SteadyTime::Infinite()));
  EXPECT_FALSE(cancelled);
}

}  // namespace
}  // namespace understudy
