#include "common/control_nodes/root_seeker.h"

#include <gtest/gtest.h>

#include <set>

namespace understudy {
namespace {

constexpr rpc::BackoffPolicy kBackoff = {
    .initial = absl::Milliseconds(20), .maximum = absl::Milliseconds(80), .jitter = 0};

class RootSeekerTest : public testing::Test {
 protected:
  static ControlNode Node(const std::string& name) {
    return {name + ":2", name + ":1", name + ":3"};
  }
  static RootRedirect Root(const std::string& name, uint64_t epoch) {
    return {.epoch = epoch, .node_id = name, .addresses = Node(name)};
  }
  absl::Duration Fail() { return seeker_.OnNoRoot(random_); }
  absl::Duration Redirect(const std::string& name, uint64_t epoch) {
    return seeker_.OnNotRoot(Root(name, epoch), random_);
  }

  Random random_{1};
  RootSeeker seeker_{{Node("a"), Node("b"), Node("c")}, &ControlNode::membership, kBackoff};
};

TEST_F(RootSeekerTest, AsksEachNodeOfARoundAtOnceAndThenPauses) {
  EXPECT_EQ(seeker_.address(), "a:1");
  EXPECT_EQ(Fail(), absl::ZeroDuration());
  EXPECT_EQ(seeker_.address(), "b:1");
  EXPECT_EQ(Fail(), absl::ZeroDuration());
  EXPECT_EQ(seeker_.address(), "c:1");
  EXPECT_EQ(Fail(), absl::Milliseconds(20));
  EXPECT_EQ(seeker_.address(), "a:1");
  EXPECT_EQ(Fail() + Fail() + Fail(), absl::Milliseconds(40));
  EXPECT_EQ(Fail() + Fail() + Fail(), absl::Milliseconds(80));
  EXPECT_EQ(Fail() + Fail() + Fail(), absl::Milliseconds(80)) << "no longer than the maximum";
}

TEST_F(RootSeekerTest, PausesAreShortAgainOnceARootWasFound) {
  for (int i = 0; i < 6; ++i) Fail();
  EXPECT_TRUE(seeker_.OnRoot(4));
  EXPECT_EQ(Fail() + Fail() + Fail(), absl::Milliseconds(20));
}

TEST_F(RootSeekerTest, GoesToTheRootThatIsNamed) {
  EXPECT_EQ(Redirect("c", 7), absl::ZeroDuration());
  EXPECT_EQ(seeker_.current(), Node("c"));
  EXPECT_TRUE(seeker_.OnRoot(7));
  EXPECT_EQ(seeker_.epoch(), 7u);
}

TEST_F(RootSeekerTest, GoesToARootThatWasNotKnown) {
  Redirect("new", 7);
  EXPECT_EQ(seeker_.address(), "new:1");
  Fail();
  EXPECT_EQ(seeker_.address(), "b:1") << "and on after the node that named it";
}

TEST_F(RootSeekerTest, DoesNotGoWhereNoAddressIsKnown) {
  seeker_.OnNotRoot({.epoch = 9, .node_id = "b", .addresses = {.vault = "b:2"}}, random_);
  EXPECT_EQ(seeker_.current(), Node("b")) << "the next of the round, with all its addresses";
}

TEST_F(RootSeekerTest, NodesThatNameEachOtherDoNotKeepTheClientBetweenThem) {
  std::set<std::string> asked;
  int pauses = 0;
  for (int i = 0; i < 12; ++i) {
    const std::string at = seeker_.address();
    asked.insert(at);
    const absl::Duration wait = at == "a:1"   ? Redirect("b", 5)
                                : at == "b:1" ? Redirect("a", 5)
                                              : Fail();
    pauses += wait > absl::ZeroDuration();
  }
  EXPECT_TRUE(asked.contains("c:1"));
  EXPECT_EQ(pauses, 4);
}

TEST_F(RootSeekerTest, ADeposedRootIsNotBelieved) {
  seeker_.OnRoot(9);
  Fail();
  EXPECT_FALSE(seeker_.OnRoot(8));
  EXPECT_EQ(seeker_.epoch(), 9u);
  const std::string here = seeker_.address();
  Redirect("a", 8);
  EXPECT_NE(seeker_.address(), "a:1") << "nor is a node that names one, from " << here;
}

TEST_F(RootSeekerTest, TheSameEpochAgainIsTheSameRoot) {
  EXPECT_TRUE(seeker_.OnRoot(9));
  EXPECT_TRUE(seeker_.OnRoot(9));
}

TEST_F(RootSeekerTest, ARootInDoubtIsPassedOver) {
  seeker_.OnRoot(9);
  seeker_.Doubt();
  EXPECT_TRUE(seeker_.doubts());
  std::set<std::string> asked;
  for (int i = 0; i < 6; ++i) {
    asked.insert(seeker_.address());
    Redirect("a", 9);
  }
  EXPECT_EQ(asked, (std::set<std::string>{"b:1", "c:1"}));
}

TEST_F(RootSeekerTest, ARootInDoubtIsBelievedUnderANewEpoch) {
  seeker_.OnRoot(9);
  seeker_.Doubt();
  Redirect("a", 10);
  EXPECT_EQ(seeker_.address(), "a:1");
  EXPECT_TRUE(seeker_.OnRoot(10));
  EXPECT_FALSE(seeker_.doubts());
}

TEST_F(RootSeekerTest, ARootThatIsTrustedAgainIsAskedFirst) {
  Redirect("c", 4);
  seeker_.OnRoot(4);
  seeker_.Doubt();
  EXPECT_EQ(seeker_.address(), "a:1");
  Fail();
  seeker_.Trust();
  EXPECT_EQ(seeker_.address(), "c:1");
  seeker_.Doubt();
  EXPECT_EQ(seeker_.address(), "a:1") << "what is in doubt is the root, whoever was asked since";
}

TEST_F(RootSeekerTest, ARootThatNamesItsSuccessorIsBelieved) {
  seeker_.OnRoot(9);
  seeker_.Doubt(Root("c", 10));
  EXPECT_EQ(seeker_.address(), "c:1");
  seeker_.Trust();
  seeker_.Doubt(Root("c", 8));
  EXPECT_EQ(seeker_.address(), "b:1") << "that was before its own time";
}

TEST_F(RootSeekerTest, TheOnlyNodeIsAskedWhateverIsThoughtOfIt) {
  RootSeeker alone({Node("a")}, &ControlNode::vault, kBackoff);
  EXPECT_EQ(alone.address(), "a:2");
  alone.Doubt();
  EXPECT_EQ(alone.address(), "a:2");
  EXPECT_EQ(alone.OnNoRoot(random_), absl::Milliseconds(20));
  EXPECT_EQ(alone.address(), "a:2");
}

TEST_F(RootSeekerTest, PausesDifferFromClientToClient) {
  std::set<absl::Duration> pauses;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    RootSeeker seeker({Node("a")}, &ControlNode::vault, {.initial = absl::Milliseconds(20)});
    pauses.insert(seeker.OnNoRoot(random));
  }
  EXPECT_GT(pauses.size(), 15u);
}

}  // namespace
}  // namespace understudy
