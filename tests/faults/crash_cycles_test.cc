// Kills processes again and again, at any moment, while clients write: not one acknowledged write
// may be lost. UNDERSTUDY_CRASH_CYCLES says how often (see README.md).

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/clients/clients.h"
#include "cli/local_fleet/control_plan.h"
#include "cli/local_fleet/process.h"
#include "cli/local_fleet/wait.h"
#include "common/random/random.h"
#include "common/status/status.h"
#include "tests/faults/fault_fleet.h"
#include "tests/faults/load.h"

namespace understudy::faults {
namespace {

using cli::NodeProcess;
using Victims = std::vector<std::string>;

constexpr int kFewCycles = 5;
constexpr int kCyclesBetweenNews = 25;
constexpr absl::Duration kPatience = absl::Minutes(2);
// At most; drawn anew for each kill.
constexpr absl::Duration kLoadBeforeKill = absl::Milliseconds(200);
constexpr int kLastReader = 1000;

int Cycles() {
  const char* cycles = getenv("UNDERSTUDY_CRASH_CYCLES");
  return cycles == nullptr ? kFewCycles : atoi(cycles);
}

class CrashCyclesTest : public FaultFleet {
 protected:
  // Until a write is acknowledged that began after now.
  bool AwaitProgress() { return faults::AwaitProgress(recorder_, kClients + 1, kPatience); }
  // Some load, then kill -9 of all `victims` at a random moment of it; they stay down for at most
  // `down`.
  void Cycle(const Victims& victims, absl::Duration down) {
    SCOPED_TRACE("kill -9 of " + absl::StrJoin(victims, ", "));
    load_->TurnPage();
    ASSERT_TRUE(AwaitProgress()) << "no write is acknowledged any more";
    cli::Pause(random_.Between(absl::ZeroDuration(), kLoadBeforeKill));
    for (const std::string& name : victims) {
      ASSERT_EQ(fleet().Signal(name, SIGKILL), absl::OkStatus());
    }
    for (const std::string& name : victims) {
      ASSERT_TRUE(cli::WaitUntilGone(fleet().processes().at(name).id, kPatience)) << name;
    }
    cli::Pause(random_.Between(absl::ZeroDuration(), down));
    for (const std::string& name : victims) ASSERT_EQ(fleet().Restart(name), absl::OkStatus());
  }
  void RunCycles(const std::function<Victims()>& draw, absl::Duration down) {
    auto load = Load::Start(clients(), fleet().site().control_nodes, recorder_,
                            {.clients = kClients});
    ASSERT_TRUE(load.ok()) << load.status();
    load_ = *std::move(load);
    for (int cycle = 1; cycle <= Cycles() && !HasFatalFailure(); ++cycle) {
      Cycle(draw(), down);
      if (cycle % kCyclesBetweenNews != 0) continue;
      std::cout << cycle << " cycles, " << recorder_.acknowledged() << " writes" << std::endl;
    }
    ASSERT_TRUE(AwaitProgress()) << "no write is acknowledged any more";
    load_->Stop();
  }
  // Each control node by itself has all that was acknowledged, as the order of things demands it.
  void ExpectNothingLost() {
    const size_t acknowledged = recorder_.acknowledged();
    int reader = kLastReader;
    for (const auto& node : fleet().site().control_nodes) {
      const auto vault = clients().Vault({node});
      ASSERT_TRUE(vault.ok()) << vault.status();
      EXPECT_EQ(ReadAll(reader++, **vault, recorder_), absl::OkStatus());
    }
    const size_t documents = recorder_.documents().size();
    const absl::Status verdict = CheckRecorded(recorder_);
    EXPECT_TRUE(verdict.ok()) << verdict.message();
    std::cout << Cycles() << " cycles, " << acknowledged << " writes of " << documents
              << " documents were acknowledged\n";
  }

  // One or more processes of three control nodes that die together.
  Victims DrawOfThree() {
    const std::vector<std::string> nodes = fleet().ControlNodeIds();
    const std::string& node = nodes[random_.Below(nodes.size())];
    switch (random_.Below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return {NodeProcess(node, cli::kVault)};
      case 4:
      case 5:
        return {NodeProcess(node, cli::kEtcd)};
      case 6:
        return {NodeProcess(nodes[0], cli::kEtcd), NodeProcess(nodes[1], cli::kEtcd),
                NodeProcess(nodes[2], cli::kEtcd)};
      case 7:
        return {NodeProcess(nodes[0], cli::kVault), NodeProcess(nodes[1], cli::kVault),
                NodeProcess(nodes[2], cli::kVault)};
      default:
        return {NodeProcess(node, cli::kEtcd), NodeProcess(node, cli::kVault),
                NodeProcess(node, cli::kMembership), NodeProcess(node, cli::kOrchestrator)};
    }
  }

  static constexpr size_t kClients = 4;
  Random random_{20261125};
  linearizability::Recorder recorder_;
  std::unique_ptr<Load> load_;
};

TEST_F(CrashCyclesTest, AVaultThatIsKilledAgainAndAgainLosesNoAcknowledgedWrite) {
  ASSERT_NO_FATAL_FAILURE(StartControl(1));
  ASSERT_NO_FATAL_FAILURE(RunCycles([] { return Victims{cli::kVault}; }, absl::ZeroDuration()));
  ExpectNothingLost();
}

TEST_F(CrashCyclesTest, ThreeControlNodesThatAreKilledAgainAndAgainLoseNoAcknowledgedWrite) {
  ASSERT_NO_FATAL_FAILURE(StartControl(3));
  ASSERT_NO_FATAL_FAILURE(RunCycles([this] { return DrawOfThree(); }, absl::Milliseconds(500)));
  ExpectNothingLost();
}

}  // namespace
}  // namespace understudy::faults
