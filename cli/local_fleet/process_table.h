#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_PROCESS_TABLE_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_PROCESS_TABLE_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/local_fleet/process.h"
#include "cli/local_fleet/spawn.h"

namespace understudy::cli {

// One process of a local fleet: how it is started, and who it is now.
struct FleetProcess {
  ProcessSpec spec;
  // pid 0: not started yet, or stopped.
  ProcessId id;
};

// By name: "config-vault", "gate-1-agent", "gate-1-native".
using ProcessTable = std::map<std::string, FleetProcess>;

// `processes.json`.
std::string FormatProcesses(const ProcessTable& processes);
absl::StatusOr<ProcessTable> ParseProcesses(std::string_view text, const std::string& file);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_PROCESS_TABLE_H_
