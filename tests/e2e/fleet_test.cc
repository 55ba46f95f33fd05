#include "tests/e2e/fleet_test.h"

#include <stdlib.h>

#include <filesystem>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/spawn.h"

namespace understudy::e2e {

void FleetTest::StartFleet(std::vector<cli::StationSpec> stations) {
  // Under /tmp and not TEST_TMPDIR: the path of a unix socket is short.
  char name[] = "/tmp/understudy-e2e-XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  directory_ = name;
  cli::FleetOptions options;
  options.directory = directory_;
  options.binaries = *cli::FindBinaries();
  options.settings.missed_beats_limit = 20;
  options.settings.native_process_silent = absl::Seconds(30);
  options.settings.collect_interval = absl::Milliseconds(500);
  options.dies_with_parent = true;
  options.start_timeout = kPatience;
  auto fleet = cli::LocalFleet::Create(std::move(options));
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  fleet_.emplace(*std::move(fleet));
  ASSERT_EQ(fleet_->StartControlNode(), absl::OkStatus());
  ASSERT_EQ(fleet_->StartStations(stations), absl::OkStatus());
  clients_ = cli::MakeGrpcClients({.tls = fleet_->site().tls, .timeout = kPatience});
  auto stage = cli::Stage::Open(*fleet_, *clients_, stations, {}, [] { return false; });
  ASSERT_TRUE(stage.ok()) << stage.status();
  stage_ = *std::move(stage);
  ASSERT_EQ(stage_->AwaitReady(stations, kPatience), absl::OkStatus());
}

void FleetTest::StartSmallFleet() {
  const cli::StationDocuments documents = *cli::ReadStationDocuments("tests/data");
  std::vector<cli::StationSpec> stations = *cli::DeploymentStations(documents, 1);
  for (const cli::StationSpec& backup : cli::Backups(2)) stations.push_back(backup);
  StartFleet(std::move(stations));
}

void FleetTest::TearDown() {
  stage_.reset();
  if (!fleet_.has_value()) return;
  for (const std::string& casualty : fleet_->Casualties()) std::cerr << casualty << "\n";
  fleet_->Stop();
  if (!HasFailure()) std::filesystem::remove_all(directory_);
}

std::string FleetTest::ExpectMove(const std::string& duty) {
  const auto result = stage_->AwaitMove(duty, "", kPatience, kPatience);
  EXPECT_TRUE(result.ok()) << result.status();
  if (!result.ok()) return "";
  EXPECT_EQ(result->problem, "");
  return result->failover.to_station();
}

double FleetTest::Metric(const std::string& service, const std::string& name,
                         const std::string& labels) {
  const auto ports = fleet_->PortsOf(service);
  if (!ports.ok()) return -1;
  const auto page = cli::RunProgram(
      "curl", {"--silent", absl::StrCat("http://127.0.0.1:", ports->at("metrics"), "/metrics")});
  if (!page.ok()) return -1;
  std::istringstream lines(*page);
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    const bool ours = line.starts_with(name + "{") || line.starts_with(name + " ");
    if (!ours || line.find(labels) == std::string::npos) continue;
    sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

}  // namespace understudy::e2e
