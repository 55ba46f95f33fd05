#include "services/station_agent/runtime/scheduler/ready_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <vector>

namespace understudy::station_agent::runtime {
namespace {

TEST(CoroutineRingTest, KeepsOrderWhileItGrowsAndWraps) {
  CoroutineRing ring(100'000);
  std::deque<Coroutine*> model;
  std::vector<Coroutine> all(100'000);
  Coroutine* next = all.data();
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

TEST(CoroutineRingTest, RotatesEvenWhenItIsFull) {
  CoroutineRing ring(2048);
  std::vector<Coroutine> all(1025);
  for (size_t i = 0; i < 1024; ++i) ring.Push(&all[i]);
  EXPECT_EQ(ring.Rotate(&all[1024]), &all[0]);
  for (size_t i = 1; i < 1025; ++i) EXPECT_EQ(ring.Pop(), &all[i]);
}

TEST(ReadyQueueTest, IsFairWithinAPriority) {
  ReadyQueue queue(100);
  std::vector<Coroutine> all(50);
  for (Coroutine& coroutine : all) {
    coroutine.priority = Priority::kLow;
    queue.Push(&coroutine);
  }
  for (Coroutine& coroutine : all) EXPECT_EQ(queue.Pop(), &coroutine);
  EXPECT_TRUE(queue.empty());
}

TEST(ReadyQueueTest, SharesTheThreadByPriorityAndStarvesNobody) {
  ReadyQueue queue(100);
  std::vector<Coroutine> all(3);
  for (size_t i = 0; i < 3; ++i) {
    all[i].priority = static_cast<Priority>(i);
    queue.Push(&all[i]);
  }
  std::array<int, 3> turns{};
  for (int i = 0; i < 1300; ++i) {
    Coroutine* coroutine = queue.Pop();
    ++turns[static_cast<size_t>(coroutine->priority)];
    queue.Push(coroutine);
  }
  EXPECT_EQ(turns, (std::array<int, 3>{800, 400, 100}));
}

}  // namespace
}  // namespace understudy::station_agent::runtime
