#include "services/station_agent/runtime/scheduler/ready_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>

namespace understudy::station_agent::runtime {
namespace {

TEST(IndexRingTest, KeepsOrderWhileItGrowsAndWraps) {
  IndexRing ring(100'000);
  std::deque<uint32_t> model;
  uint32_t next = 0;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 900 + round * 50; ++i) {
      ring.Push(next);
      model.push_back(next++);
    }
    for (int i = 0; i < 600; ++i) {
      ASSERT_EQ(ring.Pop(), model.front());
      model.pop_front();
    }
    ASSERT_EQ(ring.size(), model.size());
  }
  while (!model.empty()) {
    ASSERT_EQ(ring.Pop(), model.front());
    model.pop_front();
  }
  EXPECT_TRUE(ring.empty());
}

TEST(ReadyQueueTest, IsFairWithinAPriority) {
  ReadyQueue queue(100);
  for (uint32_t i = 0; i < 50; ++i) queue.Push(i, Priority::kLow);
  for (uint32_t i = 0; i < 50; ++i) EXPECT_EQ(queue.Pop(), i);
  EXPECT_TRUE(queue.empty());
}

TEST(ReadyQueueTest, SharesTheThreadByPriorityAndStarvesNobody) {
  ReadyQueue queue(100);
  for (uint32_t i = 0; i < 3; ++i) queue.Push(i, static_cast<Priority>(i));
  std::array<int, 3> turns{};
  for (int i = 0; i < 1300; ++i) {
    const uint32_t index = queue.Pop();
    ++turns[index];
    queue.Push(index, static_cast<Priority>(index));
  }
  EXPECT_EQ(turns, (std::array<int, 3>{800, 400, 100}));
}

}  // namespace
}  // namespace understudy::station_agent::runtime
