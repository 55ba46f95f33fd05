#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/sim/sim_world.h"
#include "services/failover_orchestrator/failover_metrics.h"
#include "tests/simulation/failover_site.h"
#include "tests/simulation/sim_membership.h"

namespace understudy::simulation {
namespace {

using failover_orchestrator::Fencing;

constexpr absl::Duration kBetweenStrikes = absl::Milliseconds(150);
constexpr int kStrikes = 120;
// A stream that was blocked may need its 20 s to give up, and a spare that did not answer is tried
// again after a while.
constexpr absl::Duration kTimeToConverge = absl::Seconds(50);

failover_orchestrator::FailoverMetrics& Metrics() {
  static auto* const registry = new metrics::Registry();
  static auto* const metrics = new failover_orchestrator::FailoverMetrics(*registry);
  return *metrics;
}

// Four duties, two of them strict, and three backups: one of each fits cameras alone, one is
// versatile.
void AddUsualStations(FailoverSite& site) {
  site.AddDeployment("a1", "gate", "camera.rtsp: 4", Fencing::kOverlap);
  site.AddDeployment("a2", "hall", "camera.rtsp: 4", Fencing::kOverlap);
  site.AddDeployment("a3", "pump", "io.rs485: 2", Fencing::kStrict);
  site.AddDeployment("a4", "valve", "io.rs485: 1", Fencing::kStrict);
  site.AddBackup("b1", "camera.rtsp: 8");
  site.AddBackup("b2", "io.rs485: 2");
  site.AddBackup("b3", "camera.rtsp: 8, io.rs485: 4");
}

class FailoverSimulationTest : public ::testing::Test {
 protected:
  FailoverSimulationTest() { log::Init({log::Level::kError, log::Format::kText}); }

  // Runs one world: misfortune, then healing, then all must be well.
  void RunSeed(uint64_t seed) {
    FailoverSite site(seed, Metrics());
    AddUsualStations(site);
    site.world().network().SetDefaultQuality({.slow = 0.05, .drop = 0.1, .duplicate = 0.1});
    site.Start();
    site.world().RunFor(absl::Seconds(3));
    for (int i = 0; i < kStrikes && site.world().status().ok(); ++i) {
      site.Strike();
      site.world().RunFor(site.world().random().Between(absl::ZeroDuration(), kBetweenStrikes));
    }
    site.Heal();
    const bool converged =
        site.world().RunUntilTrue([&] { return site.CheckConverged().ok(); }, kTimeToConverge);
    ASSERT_TRUE(converged) << Explain(site);
    // And it stays so.
    site.world().RunFor(absl::Seconds(10));
    ASSERT_TRUE(site.CheckConverged().ok()) << Explain(site);
    ASSERT_TRUE(site.world().status().ok()) << Explain(site);
  }

  static std::string Explain(FailoverSite& site) {
    std::string text =
        absl::StrCat("seed ", site.world().seed(), ": ", site.CheckConverged().ToString(), "\n");
    for (const std::string& line : site.world().trace().lines()) {
      if (line.find("beat") == std::string::npos) absl::StrAppend(&text, line, "\n");
    }
    return text;
  }
};

TEST_F(FailoverSimulationTest, EveryDutyRunsExactlyOnceWhenAllMisfortuneIsOver) {
  for (const uint64_t seed : SimSeeds(300)) {
    RunSeed(seed);
    if (HasFatalFailure()) return;
  }
}

// kill -9 of the orchestrator at every quarter of a millisecond of a failover.
TEST_F(FailoverSimulationTest, AFailoverIsFinishedWheneverTheOrchestratorDies) {
  for (int step = 0; step < 160; ++step) {
    FailoverSite site(1, Metrics());
    AddUsualStations(site);
    site.Start();
    site.world().RunFor(absl::Seconds(3));
    site.world().node("a1").Crash();
    site.world().RunFor(kSilence - absl::Milliseconds(10) + absl::Microseconds(250) * step);
    site.world().node("orchestrator").Crash();
    site.world().RunFor(absl::Milliseconds(50));
    site.world().node("orchestrator").Start();
    ASSERT_TRUE(
        site.world().RunUntilTrue([&] { return site.CheckConverged().ok(); }, kTimeToConverge))
        << "step " << step << ": " << Explain(site);
    const auto& assignment = site.vault().duties.at("gate").assignment;
    EXPECT_THAT(assignment.station_id, ::testing::AnyOf("b1", "b3")) << "step " << step;
    EXPECT_TRUE(assignment.running) << "step " << step;
  }
}

// The same, of the vault: the claim may be lost, or done and unanswered.
TEST_F(FailoverSimulationTest, AFailoverIsFinishedWheneverTheVaultDies) {
  for (int step = 0; step < 160; ++step) {
    FailoverSite site(2, Metrics());
    AddUsualStations(site);
    site.Start();
    site.world().RunFor(absl::Seconds(3));
    site.world().node("a3").Crash();
    site.world().RunFor(kSilence - absl::Milliseconds(10) + absl::Microseconds(250) * step);
    site.world().node("vault").Crash();
    site.world().RunFor(absl::Milliseconds(50));
    site.world().node("vault").Start();
    ASSERT_TRUE(
        site.world().RunUntilTrue([&] { return site.CheckConverged().ok(); }, kTimeToConverge))
        << "step " << step << ": " << Explain(site);
    EXPECT_EQ(site.vault().duties.at("pump").assignment.station_id, "b2") << "step " << step;
  }
}

TEST_F(FailoverSimulationTest, AStrictDutyMovesFromAFrozenStationThatThawsLater) {
  FailoverSite site(3, Metrics());
  AddUsualStations(site);
  site.Start();
  site.world().RunFor(absl::Seconds(3));
  site.world().node("a4").Pause();
  site.world().RunFor(absl::Seconds(3));
  EXPECT_EQ(site.vault().duties.at("valve").assignment.station_id, "b2");
  site.world().node("a4").Resume();
  ASSERT_TRUE(
      site.world().RunUntilTrue([&] { return site.CheckConverged().ok(); }, kTimeToConverge))
      << Explain(site);
  site.world().RunFor(absl::Seconds(2));
  const auto& stations = site.orchestrator()->runner().core().stations();
  EXPECT_TRUE(stations.spares().contains("a4"));
}

TEST_F(FailoverSimulationTest, ASiteWithoutMisfortuneIsLeftAlone) {
  FailoverSite site(1, Metrics());
  AddUsualStations(site);
  site.Start();
  site.world().RunFor(absl::Minutes(1));
  EXPECT_TRUE(site.CheckConverged().ok()) << site.CheckConverged();
  EXPECT_TRUE(site.vault().failovers.empty());
}

}  // namespace
}  // namespace understudy::simulation
