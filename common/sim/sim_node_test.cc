#include "common/sim/sim_node.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/sim/sim_world.h"

namespace understudy {
namespace {

// A world with one node, and a diary of what its program did.
class SimNodeTest : public testing::Test {
 protected:
  void After(absl::Duration delay, const std::string& entry) {
    node_.executor().RunAt(node_.clock().SteadyNow() + delay,
                           [this, entry] { diary_.push_back(entry); });
  }

  SimWorld world_{1};
  SimNode& node_ = world_.AddNode("gate-1");
  std::vector<std::string> diary_;
};

TEST_F(SimNodeTest, RunsTasksAndTimersOfAProgram) {
  node_.Start();
  After(absl::Milliseconds(2), "timer");
  node_.executor().Post([this] { diary_.push_back("task"); });
  world_.RunFor(absl::Milliseconds(1));
  EXPECT_EQ(diary_, std::vector<std::string>{"task"});
  world_.RunFor(absl::Milliseconds(1));
  EXPECT_EQ(diary_, (std::vector<std::string>{"task", "timer"}));
}

TEST_F(SimNodeTest, DropsTheTasksOfACrashedNode) {
  node_.Start();
  After(absl::Milliseconds(2), "before");
  node_.Crash();
  After(absl::Milliseconds(2), "while down");
  node_.Start();
  After(absl::Milliseconds(2), "after");
  world_.RunFor(absl::Seconds(1));
  EXPECT_EQ(diary_, std::vector<std::string>{"after"});
  EXPECT_EQ(node_.incarnation(), 2u);
}

TEST_F(SimNodeTest, LetsTheTasksOfAPausedNodeWaitInTheirOrder) {
  node_.Start();
  After(absl::Milliseconds(20), "second");
  After(absl::Milliseconds(10), "first");
  After(absl::Milliseconds(200), "third");
  node_.Pause();
  world_.RunFor(absl::Milliseconds(100));
  EXPECT_TRUE(diary_.empty());
  node_.Resume();
  world_.RunFor(absl::Seconds(1));
  EXPECT_EQ(diary_, (std::vector<std::string>{"first", "second", "third"}));
}

TEST_F(SimNodeTest, CancelsATimerThatWaitsForResume) {
  node_.Start();
  const auto timer =
      node_.executor().RunAt(world_.now(), [this] { diary_.push_back("cancelled"); });
  node_.Pause();
  world_.RunFor(absl::Seconds(1));
  EXPECT_TRUE(node_.executor().Cancel(timer));
  node_.Resume();
  world_.RunFor(absl::Seconds(1));
  EXPECT_TRUE(diary_.empty());
}

TEST_F(SimNodeTest, StartsItsProgramAgainFromItsDisk) {
  node_.SetProgram([this](SimNode& node) -> std::shared_ptr<void> {
    diary_.push_back(node.disk().Read("state").value_or("nothing"));
    EXPECT_TRUE(node.disk().Append("state", "x").ok());
    EXPECT_TRUE(node.disk().Sync("state").ok());
    EXPECT_TRUE(node.disk().SyncDirectory().ok());
    EXPECT_TRUE(node.disk().Append("state", "unsynced").ok());
    return nullptr;
  });
  for (int i = 0; i < 3; ++i) {
    node_.Start();
    node_.Crash();
  }
  EXPECT_EQ(diary_, (std::vector<std::string>{"nothing", "x", "xx"}));
}

TEST_F(SimNodeTest, KeepsAProgramUntilItCrashes) {
  std::weak_ptr<int> program;
  node_.SetProgram([&program](SimNode&) {
    auto made = std::make_shared<int>(7);
    program = made;
    return made;
  });
  node_.Start();
  world_.RunFor(absl::Seconds(1));
  EXPECT_FALSE(program.expired());
  node_.Crash();
  EXPECT_TRUE(program.expired());
}

TEST_F(SimNodeTest, KeepsAProgramThatCrashesItselfUntilItsTaskEnds) {
  std::weak_ptr<int> first;
  node_.SetProgram([&](SimNode& node) {
    auto made = std::make_shared<int>(7);
    if (node.incarnation() > 1) return made;
    first = made;
    node.executor().Post([&] {
      node_.Crash();
      node_.Start();
      diary_.push_back(first.expired() ? "gone" : "still there");
    });
    return made;
  });
  node_.Start();
  world_.RunFor(absl::Seconds(1));
  EXPECT_EQ(diary_, std::vector<std::string>{"still there"});
  EXPECT_TRUE(first.expired());
  EXPECT_TRUE(node_.is_up());
  EXPECT_EQ(node_.incarnation(), 2u);
}

TEST_F(SimNodeTest, RunsTimersByItsOwnClock) {
  SimNode& fast = world_.AddNode("fast", {.drift_ppm = 1'000'000});
  fast.Start();
  const SteadyTime begin = world_.now();
  SteadyTime ran;
  fast.executor().RunAt(fast.clock().SteadyNow() + absl::Seconds(2), [&] { ran = world_.now(); });
  world_.RunFor(absl::Seconds(5));
  EXPECT_EQ(ran - begin, absl::Seconds(1));
}

}  // namespace
}  // namespace understudy
