#include <signal.h>

#include "tests/e2e/fleet_test.h"

namespace understudy::e2e {
namespace {

using config_vault::v1::Failover;

class FailoverEndToEndTest : public FleetTest {};

TEST_F(FailoverEndToEndTest, AKilledStationsDutyRunsOnABackupAndTheStationReturnsAsOne) {
  StartSmallFleet();
  ASSERT_EQ(stage().SignalStation("gate-1", SIGKILL), absl::OkStatus());
  EXPECT_EQ(ExpectMove("gate"), "spare-2") << "the one with the least left over";
  ASSERT_EQ(stage().RestartStation("gate-1"), absl::OkStatus());
  EXPECT_EQ(stage().AwaitSpare("gate-1", kPatience), absl::OkStatus());
  EXPECT_TRUE(stage().Disorder({"spare-1", "spare-2"}).empty());
}

TEST_F(FailoverEndToEndTest, AFrozenStationStandsDownWhenItReturns) {
  StartSmallFleet();
  ASSERT_EQ(stage().SignalStation("gate-1", SIGSTOP), absl::OkStatus());
  ExpectMove("gate");
  ASSERT_EQ(stage().SignalStation("gate-1", SIGCONT), absl::OkStatus());
  EXPECT_EQ(stage().AwaitSpare("gate-1", kPatience), absl::OkStatus());
}

TEST_F(FailoverEndToEndTest, AnOrchestratorThatWasKilledInTheMiddleFinishesAfterItsRestart) {
  StartSmallFleet();
  for (const char* spare : {"spare-1", "spare-2"}) {
    ASSERT_EQ(fleet().TellNative(spare, "delay 2000"), absl::OkStatus());
  }
  ASSERT_EQ(stage().SignalStation("gate-1", SIGKILL), absl::OkStatus());
  const auto claimed = stage().AwaitFailover("gate", Failover::STATE_CLAIMED, kPatience);
  ASSERT_TRUE(claimed.ok()) << claimed.status();
  ASSERT_EQ(fleet().Kill(cli::kOrchestrator), absl::OkStatus());
  ASSERT_EQ(fleet().Restart(cli::kOrchestrator), absl::OkStatus());
  EXPECT_EQ(ExpectMove("gate"), claimed->to_station());
}

TEST_F(FailoverEndToEndTest, ADutyThatNoBackupFitsWaitsForOneThatDoes) {
  const cli::StationDocuments documents = *cli::ReadStationDocuments("tests/data");
  std::vector<cli::StationSpec> stations = *cli::DeploymentStations(documents, 4);
  stations.erase(stations.begin(), stations.begin() + 3);
  stations.push_back(cli::Backups(1).front());
  StartFleet(stations);
  ASSERT_EQ(stage().SignalStation("pump-house-1", SIGKILL), absl::OkStatus());
  const auto waiting = stage().AwaitFailover("pump-house", Failover::STATE_WAITING, kPatience);
  ASSERT_TRUE(waiting.ok()) << waiting.status();
  const auto status = stage().orchestrator().GetStatus();
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_FALSE(status->warnings().empty());
  ASSERT_EQ(stage().AddStation(cli::BackupForPumpHouses("spare-9")), absl::OkStatus());
  EXPECT_EQ(ExpectMove("pump-house"), "spare-9");
}

TEST_F(FailoverEndToEndTest, TheVaultKeepsEverythingThroughAKill) {
  StartSmallFleet();
  ASSERT_EQ(fleet().Kill(cli::kVault), absl::OkStatus());
  ASSERT_EQ(fleet().Restart(cli::kVault), absl::OkStatus());
  ASSERT_EQ(stage().SignalStation("gate-1", SIGKILL), absl::OkStatus());
  ExpectMove("gate");
}

}  // namespace
}  // namespace understudy::e2e
