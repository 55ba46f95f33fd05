#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_STATION_SPEC_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_STATION_SPEC_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/capability/capability_set.h"

namespace understudy::cli {

struct DutySpec {
  std::string id = {};
  CapabilitySet needs = {};
};

// A station of the local fleet. With a duty it is a deployment station, else a backup.
struct StationSpec {
  std::string id = {};
  CapabilitySet capabilities = {};
  std::optional<DutySpec> duty = std::nullopt;
  // What its native process runs at first, JSON; empty for a backup.
  std::string document = {};
  // What its native process changes waits until the root collects it.
  bool scheduled_sync = false;
  // More for the native process's command line.
  std::vector<std::string> native_arguments = {};
  // Words before the command lines of both processes: {"ip", "netns", "exec", "gate-1"}, in tests.
  std::vector<std::string> launcher = {};
};

// The configurations of tests/data by the name of their station, e.g. "gate-1".
using StationDocuments = std::map<std::string, std::string>;
absl::StatusOr<StationDocuments> ReadStationDocuments(const std::string& directory);

// Deployment stations for a demonstration: gate-1, warehouse-1, kitchen-1, pump-house-1, ... and
// from the ninth on gate-2, warehouse-2, ..., each with a document of its own.
absl::StatusOr<std::vector<StationSpec>> DeploymentStations(const StationDocuments& documents,
                                                            size_t count);

// spare-1, spare-2, ...: in turn a versatile one, one for gates and kitchens, and one for
// warehouses. None of them can run a pump house: that needs valves, which BackupForPumpHouses has.
std::vector<StationSpec> Backups(size_t count);
StationSpec BackupForPumpHouses(std::string_view id);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_STATION_SPEC_H_
