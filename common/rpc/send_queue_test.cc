#include "common/rpc/send_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace understudy::rpc {
namespace {

TEST(SendQueueTest, WritesOneMessageAtATimeInOrder) {
  SendQueue<std::string> queue(10);
  EXPECT_EQ(queue.StartWrite(), nullptr);
  queue.Push("a");
  queue.Push("b");
  EXPECT_EQ(*queue.StartWrite(), "a");
  EXPECT_EQ(queue.StartWrite(), nullptr);
  queue.WriteDone();
  EXPECT_EQ(*queue.StartWrite(), "b");
  queue.WriteDone();
  EXPECT_TRUE(queue.idle());
}

TEST(SendQueueTest, RefusesMoreThanItsLimitBesidesTheOneBeingWritten) {
  SendQueue<std::string> queue(2);
  EXPECT_TRUE(queue.Push("a"));
  queue.StartWrite();
  EXPECT_TRUE(queue.Push("b"));
  EXPECT_TRUE(queue.Push("c"));
  EXPECT_FALSE(queue.Push("d"));
  EXPECT_EQ(queue.waiting(), 2u);
}

TEST(SendQueueTest, KeepsTheMessageBeingWrittenInPlaceWhileOthersComeAndGo) {
  SendQueue<std::string> queue(1000);
  queue.Push("first");
  const std::string* const writing = queue.StartWrite();
  for (int i = 0; i < 1000; ++i) queue.Push("more");
  EXPECT_EQ(*writing, "first");
  queue.DropWaiting();
  EXPECT_EQ(queue.waiting(), 0u);
  EXPECT_EQ(*writing, "first");
  EXPECT_FALSE(queue.idle());
  queue.WriteDone();
  EXPECT_TRUE(queue.idle());
}

}  // namespace
}  // namespace understudy::rpc
