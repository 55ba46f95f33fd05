#include "common/sim/sim_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <any>
#include <string>
#include <vector>

#include "common/sim/sim_world.h"

namespace understudy {
namespace {

// Nodes a, b and c; b writes down what comes to its port "inbox".
class SimNetworkTest : public testing::Test {
 protected:
  SimNetworkTest() {
    for (SimNode* node : world_.nodes()) node->Start();
    ListenAtB();
  }

  void ListenAtB() {
    b_.Listen("inbox", [this](const std::string& from, const SimMessage& message) {
      received_.push_back(from + std::to_string(std::any_cast<int>(message.body)));
    });
  }
  void Send(const SimNode& from, int number) {
    world_.network().Send(from, "b", "inbox", {"number", number});
  }
  // What b received of the numbers 0 to 999 that a sent, each at its own millisecond.
  std::vector<std::string> SendThousand() {
    for (int i = 0; i < 1000; ++i) {
      Send(a_, i);
      world_.RunFor(absl::Milliseconds(1));
    }
    world_.RunFor(absl::Seconds(1));
    return received_;
  }

  SimWorld world_{7};
  SimNode& a_ = world_.AddNode("a");
  SimNode& b_ = world_.AddNode("b");
  SimNode& c_ = world_.AddNode("c");
  std::vector<std::string> received_;
};

TEST_F(SimNetworkTest, DeliversWithinTheDelayOfTheLink) {
  world_.network().SetQuality(
      "a", "b", {.min_delay = absl::Milliseconds(5), .max_delay = absl::Milliseconds(6)});
  Send(a_, 1);
  world_.RunFor(absl::Milliseconds(4));
  EXPECT_TRUE(received_.empty());
  world_.RunFor(absl::Milliseconds(2));
  EXPECT_EQ(received_, std::vector<std::string>{"a1"});
}

TEST_F(SimNetworkTest, LosesTheShareThatItShould) {
  world_.network().SetDefaultQuality({.drop = 0.3});
  const size_t count = SendThousand().size();
  EXPECT_GT(count, 600u);
  EXPECT_LT(count, 800u);
}

TEST_F(SimNetworkTest, DuplicatesTheShareThatItShould) {
  world_.network().SetDefaultQuality({.duplicate = 0.3});
  const size_t count = SendThousand().size();
  EXPECT_GT(count, 1200u);
  EXPECT_LT(count, 1400u);
}

TEST_F(SimNetworkTest, LetsMessagesOvertakeEachOther) {
  world_.network().SetDefaultQuality({.slow = 0.1, .slow_delay = absl::Milliseconds(50)});
  std::vector<std::string> in_order;
  in_order.reserve(1000);
  for (int i = 0; i < 1000; ++i) in_order.push_back("a" + std::to_string(i));
  EXPECT_NE(SendThousand(), in_order);
  EXPECT_TRUE(
      std::is_permutation(received_.begin(), received_.end(), in_order.begin(), in_order.end()));
}

TEST_F(SimNetworkTest, BlocksOneWayAlone) {
  std::vector<std::string> at_a;
  a_.Listen("inbox", [&](const std::string& from, const SimMessage&) { at_a.push_back(from); });
  world_.network().Block("a", "b");
  Send(a_, 1);
  world_.network().Send(b_, "a", "inbox", {"number", 2});
  world_.RunFor(absl::Seconds(1));
  EXPECT_TRUE(received_.empty());
  EXPECT_EQ(at_a, std::vector<std::string>{"b"});
  world_.network().Unblock("a", "b");
  Send(a_, 3);
  world_.RunFor(absl::Seconds(1));
  EXPECT_EQ(received_, std::vector<std::string>{"a3"});
}

TEST_F(SimNetworkTest, LosesWhatIsUnderWayWhenThePartitionBegins) {
  Send(a_, 1);
  world_.network().Partition({"a"}, {"b", "c"});
  world_.RunFor(absl::Seconds(1));
  EXPECT_TRUE(received_.empty());
}

TEST_F(SimNetworkTest, PartitionsSetsAndHeals) {
  world_.network().Partition({"a"}, {"b", "c"});
  Send(a_, 1);
  Send(c_, 2);
  world_.RunFor(absl::Seconds(1));
  EXPECT_EQ(received_, std::vector<std::string>{"c2"});
  world_.network().Heal();
  Send(a_, 3);
  world_.RunFor(absl::Seconds(1));
  EXPECT_EQ(received_, (std::vector<std::string>{"c2", "a3"}));
}

TEST_F(SimNetworkTest, IsolatesANodeFromAllOthersButNotFromItself) {
  world_.network().Isolate("b");
  Send(a_, 1);
  Send(c_, 2);
  Send(b_, 3);
  world_.RunFor(absl::Seconds(1));
  EXPECT_EQ(received_, std::vector<std::string>{"b3"});
}

TEST_F(SimNetworkTest, DeliversNothingToANodeThatIsDown) {
  b_.Crash();
  Send(a_, 1);
  world_.RunFor(absl::Seconds(1));
  b_.Start();
  Send(a_, 2);  // Nobody listens yet.
  world_.RunFor(absl::Seconds(1));
  ListenAtB();
  Send(a_, 3);
  world_.RunFor(absl::Seconds(1));
  EXPECT_EQ(received_, std::vector<std::string>{"a3"});
}

TEST_F(SimNetworkTest, SendsNothingForANodeThatIsDown) {
  a_.Crash();
  Send(a_, 1);
  world_.RunFor(absl::Seconds(1));
  EXPECT_TRUE(received_.empty());
}

TEST_F(SimNetworkTest, FillsTheBufferOfAPausedNodeAndDropsTheRest) {
  b_.Pause();
  for (int i = 0; i < 5000; ++i) Send(a_, i);
  world_.RunFor(absl::Seconds(1));
  b_.Resume();
  world_.RunFor(absl::Seconds(1));
  EXPECT_EQ(received_.size(), SimNode::kMaxHeldTasks);
}

}  // namespace
}  // namespace understudy
