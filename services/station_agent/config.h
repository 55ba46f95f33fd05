#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_CONFIG_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_CONFIG_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/capability/capability_set.h"
#include "common/config/config_reader.h"
#include "common/control_nodes/control_node.h"
#include "common/rpc/service_config.h"
#include "services/station_agent/duty_core.h"
#include "services/station_agent/health_limits.h"
#include "services/station_agent/membership_session.h"
#include "services/station_agent/upload_planner.h"
#include "services/station_agent/watched_device.h"

namespace understudy::station_agent {

// The agent's configuration file; README.md says what each key does.
struct Config {
  rpc::ServiceConfig service;
  std::string station_id;
  StationKind kind = StationKind::kBackup;
  CapabilitySet capabilities;
  std::vector<std::string> addresses;
  // Only of a deployment station.
  std::optional<DeclaredDuty> duty;
  // At least one.
  std::vector<ControlNode> control_nodes;
  std::string state_directory;
  std::string link_name;
  // Besides our own user, this group may attach.
  std::optional<std::string> link_group;
  SyncOptions sync;
  HealthLimitsOptions limits;
  absl::Duration sample_interval = absl::Seconds(2);
  DutyCoreOptions duty_core;
  // Child devices that the agent asks itself. No two have the same id.
  std::vector<WatchedDevice> devices;
  // Leave the site on SIGTERM: the duty moves. Otherwise a restart keeps it.
  bool leave_on_stop = false;
};

// Problems are noted in `reader`.
Config ReadConfig(config::ConfigReader& reader);

// For --help and the documentation.
inline constexpr char kExampleConfig[] =
    "station_id: gate-1\n"
    "kind: deployment\n"
    "capabilities: {camera.rtsp: 16, npu.tops: 8}\n"
    "duty: {id: gate-1, needs: {camera.rtsp: 8}}\n"
    "membership: 127.0.0.1:7101\n"
    "orchestrator: 127.0.0.1:7103\n"
    "vault: 127.0.0.1:7102\n"
    "state_directory: /var/lib/understudy/station-agent\n"
    "insecure: true\n";

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_CONFIG_H_
