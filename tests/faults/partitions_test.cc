// Three control nodes, each in a network namespace of its own, cut off from each other in every way
// while clients work: what they were told must be linearizable. Needs root (see README.md).

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "cli/demo/root_finder.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"
#include "tests/faults/fault_fleet.h"
#include "tests/faults/load.h"
#include "tests/faults/network.h"

namespace understudy::faults {
namespace {

constexpr size_t kNodes = 3;
constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr absl::Duration kQuick = absl::Milliseconds(300);

class PartitionsTest : public FaultFleet {
 protected:
  void SetUp() override {
    auto network = Network::Create(kNodes);
    ASSERT_TRUE(network.ok()) << network.status();
    network_ = *std::move(network);
    ASSERT_NO_FATAL_FAILURE(StartControl(kNodes, network_->places()));
    quick_ = cli::MakeGrpcClients({.tls = fleet().site().tls, .timeout = kQuick});
    finder_.emplace(fleet(), *quick_);
    auto load = Load::Start(clients(), fleet().site().control_nodes, recorder_, {.clients = 6});
    ASSERT_TRUE(load.ok()) << load.status();
    load_ = *std::move(load);
    ASSERT_TRUE(AwaitProgress());
    root_ = AwaitRoot(0);
  }
  void TearDown() override {
    load_.reset();
    FaultFleet::TearDown();
  }

  bool AwaitProgress() {
    const size_t before = recorder_.acknowledged();
    return cli::WaitFor(kPatience, [&] { return recorder_.acknowledged() > before + 20; });
  }
  cli::RootFinder::Root AwaitRoot(uint64_t newer_than) {
    cli::RootFinder::Root root;
    EXPECT_TRUE(cli::WaitFor(kPatience, [&] {
      const auto found = finder_->Find();
      if (found.has_value()) root = *found;
      return found.has_value() && found->epoch > newer_than;
    })) << "no root with an epoch after " << newer_than;
    return root;
  }
  size_t IndexOf(const std::string& node) {
    const auto ids = fleet().ControlNodeIds();
    return static_cast<size_t>(std::find(ids.begin(), ids.end(), node) - ids.begin());
  }
  size_t root_index() { return IndexOf(root_.node); }
  size_t other_index(size_t step) { return (root_index() + step) % kNodes; }

  // Another root acts, writes go on; healed, the old one is a sentinel, and all that was said is
  // linearizable.
  void ExpectTheRootMovesAndHeals() {
    const cli::RootFinder::Root next = AwaitRoot(root_.epoch);
    EXPECT_NE(next.node, root_.node);
    EXPECT_TRUE(AwaitProgress());
    ASSERT_EQ(network_->HealAll(), absl::OkStatus());
    EXPECT_TRUE(cli::WaitFor(kPatience, [&] {
      const auto role = finder_->RoleOf(root_.node);
      return role.has_value() && role->role() == config_vault::v1::ROLE_SENTINEL &&
             role->epoch() >= next.epoch;
    })) << root_.node << " is no sentinel";
    ExpectAllIsWell();
  }
  void ExpectAllIsWell() {
    EXPECT_TRUE(AwaitProgress());
    load_->Stop();
    const absl::Status verdict = CheckRecorded(recorder_);
    EXPECT_TRUE(verdict.ok()) << verdict.message();
  }

  std::unique_ptr<Network> network_;
  std::unique_ptr<cli::ClientFactory> quick_;
  std::optional<cli::RootFinder> finder_;
  linearizability::Recorder recorder_;
  std::unique_ptr<Load> load_;
  cli::RootFinder::Root root_;
};

TEST_F(PartitionsTest, ARootThatIsCutOffFromAllOtherNodesIsReplaced) {
  ASSERT_EQ(network_->Isolate(root_index()), absl::OkStatus());
  ExpectTheRootMovesAndHeals();
}

TEST_F(PartitionsTest, ARootWhoseWordsAreLostIsReplacedThoughItHearsAll) {
  ASSERT_EQ(network_->Cut(root_index(), other_index(1)), absl::OkStatus());
  ASSERT_EQ(network_->Cut(root_index(), other_index(2)), absl::OkStatus());
  ExpectTheRootMovesAndHeals();
}

TEST_F(PartitionsTest, ARootThatHearsNothingIsReplaced) {
  ASSERT_EQ(network_->Cut(other_index(1), root_index()), absl::OkStatus());
  ASSERT_EQ(network_->Cut(other_index(2), root_index()), absl::OkStatus());
  ExpectTheRootMovesAndHeals();
}

TEST_F(PartitionsTest, ASentinelThatIsCutOffHarmsNobody) {
  ASSERT_EQ(network_->Isolate(other_index(1)), absl::OkStatus());
  EXPECT_TRUE(AwaitProgress());
  ASSERT_EQ(network_->HealAll(), absl::OkStatus());
  ExpectAllIsWell();
}

TEST_F(PartitionsTest, ACutBetweenTheRootAndOneSentinelAloneLosesNothing) {
  ASSERT_EQ(network_->CutBothWays(root_index(), other_index(1)), absl::OkStatus());
  EXPECT_TRUE(AwaitProgress());
  ASSERT_EQ(network_->HealAll(), absl::OkStatus());
  ExpectAllIsWell();
}

TEST_F(PartitionsTest, AFrozenRootWakesUpAsASentinel) {
  ASSERT_EQ(fleet().SignalNode(root_.node, SIGSTOP), absl::OkStatus());
  AwaitRoot(root_.epoch);
  EXPECT_TRUE(AwaitProgress());
  ASSERT_EQ(fleet().SignalNode(root_.node, SIGCONT), absl::OkStatus());
  ExpectTheRootMovesAndHeals();
}

}  // namespace
}  // namespace understudy::faults
