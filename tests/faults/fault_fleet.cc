#include "tests/faults/fault_fleet.h"

#include <stdlib.h>

#include <filesystem>
#include <utility>

namespace understudy::faults {
namespace {

// Of one call: writes wait for a site that is down no longer than this.
constexpr absl::Duration kCallTimeout = absl::Seconds(3);

}  // namespace

const std::string& FaultFleet::directory() {
  char name[] = "/tmp/understudy-faults-XXXXXX";
  if (directory_.empty() && mkdtemp(name) != nullptr) directory_ = name;
  return directory_;
}

void FaultFleet::StartControl(size_t control_nodes, const std::vector<cli::Place>& places) {
  ASSERT_FALSE(directory().empty());
  cli::FleetOptions options;
  options.directory = directory_;
  options.binaries = *cli::FindBinaries();
  options.settings.log_level = "warn";
  options.places = places;
  options.dies_with_parent = true;
  auto fleet = cli::LocalFleet::Create(std::move(options));
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  fleet_.emplace(*std::move(fleet));
  ASSERT_EQ(fleet_->StartControl(control_nodes), absl::OkStatus());
  clients_ = cli::MakeGrpcClients({.tls = fleet_->site().tls, .timeout = kCallTimeout});
}

void FaultFleet::TearDown() {
  if (fleet_.has_value()) fleet_->Stop();
  if (!HasFailure() && !directory_.empty()) std::filesystem::remove_all(directory_);
}

}  // namespace understudy::faults
