// Three control nodes, each in a network namespace of its own, cut off from each other in every way
// while clients work: what they were told must be linearizable. Needs root (see README.md).

#include <gtest/gtest.h>
#include <signal.h>

#include "cli/local_fleet/control_plan.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"
#include "tests/faults/control_faults.h"
#include "tests/faults/network.h"

namespace understudy::faults {
namespace {

class PartitionsTest : public ControlFaults {
 protected:
  // Where the stations are, where there are any.
  static constexpr size_t kStationsPlace = kNodes;

  void SetUp() override {
    auto network = Network::Create(kNodes + 1);
    if (!network.ok()) GTEST_SKIP() << network.status().message();
    network_ = *std::move(network);
    const auto& places = network_->places();
    ASSERT_NO_FATAL_FAILURE(StartUnderLoad({places.begin(), places.begin() + kNodes}));
  }

  // Another root acts, writes go on; healed, the old one is a sentinel, and all that was said is
  // linearizable.
  void ExpectTheRootMovesAndHeals() {
    const cli::RootFinder::Root next = AwaitRoot(root().epoch);
    EXPECT_NE(next.node, root().node);
    EXPECT_TRUE(AwaitProgress());
    ASSERT_EQ(network_->HealAll(), absl::OkStatus());
    EXPECT_TRUE(AwaitSentinel(root().node, next.epoch)) << root().node << " is no sentinel";
    ExpectAllIsWell();
  }

  // Healed after longer than it takes to judge a station, all run what they ran before.
  void ExpectTheDutiesStay() {
    cli::Pause(absl::Seconds(3));
    ASSERT_EQ(network_->HealAll(), absl::OkStatus());
    std::vector<std::string> all;
    for (const auto& station : stations()) {
      EXPECT_EQ(stage().AwaitAlive(station.id, kPatience), absl::OkStatus());
      all.push_back(station.id);
    }
    EXPECT_TRUE(cli::WaitFor(kPatience, [&] { return stage().Disorder(all).empty(); }))
        << stage().Disorder(all).front();
    ExpectAllIsWell();
  }

  std::unique_ptr<Network> network_;
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

// Its beats are heard, but it could take no write.
TEST_F(PartitionsTest, ARootThatDoesNotReachEtcdIsReplaced) {
  const std::string file = fleet().layout().ControlPlanFile();
  const auto plan = cli::ParsePlan(*cli::ReadFile(file), file);
  ASSERT_TRUE(plan.ok()) << plan.status();
  for (const cli::ControlNodePlan& node : *plan) {
    ASSERT_EQ(network_->CutPort(root_index(), node.etcd_client), absl::OkStatus());
  }
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
  ASSERT_EQ(fleet().SignalNode(root().node, SIGSTOP), absl::OkStatus());
  AwaitRoot(root().epoch);
  EXPECT_TRUE(AwaitProgress());
  ASSERT_EQ(fleet().SignalNode(root().node, SIGCONT), absl::OkStatus());
  ExpectTheRootMovesAndHeals();
}

// It must take them for dead; there is nobody whom it could give their duties to.
TEST_F(PartitionsTest, ARootThatIsCutOffFromAllStationsLeavesTheirDutiesWhereTheyAre) {
  ASSERT_NO_FATAL_FAILURE(StartStations(network_->place(kStationsPlace).launcher));
  ASSERT_EQ(network_->CutBothWays(root_index(), kStationsPlace), absl::OkStatus());
  ExpectTheDutiesStay();
}

// They hear nothing, it hears all.
TEST_F(PartitionsTest, ARootWhoseAnswersDoNotReachTheStationsBlamesNone) {
  ASSERT_NO_FATAL_FAILURE(StartStations(network_->place(kStationsPlace).launcher));
  ASSERT_EQ(network_->Cut(root_index(), kStationsPlace), absl::OkStatus());
  ExpectTheDutiesStay();
  EXPECT_TRUE(stage().observer().TakeFailed().empty());
}

}  // namespace
}  // namespace understudy::faults
