#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_SERVICE_CONFIG_TEXT_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_SERVICE_CONFIG_TEXT_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cli/local_fleet/site_file.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/local_fleet/station_spec.h"

// The services' YAML files, as the local fleet writes them.
namespace understudy::cli {

inline constexpr char kVault[] = "config-vault";
inline constexpr char kMembership[] = "membership";
inline constexpr char kOrchestrator[] = "failover-orchestrator";
inline constexpr char kCheckpoints[] = "checkpoint-store";
// The common name of the certificate of whoever types commands.
inline constexpr char kOperator[] = "operator";

struct ServiceSettings {
  bool insecure = false;
  absl::Duration beat_interval = absl::Milliseconds(100);
  int missed_beats_limit = 3;
  // How long a native process may be silent before its station counts as failed.
  absl::Duration native_process_silent = absl::Seconds(1);
  // Between two rounds of the root's to stations of scheduled sync.
  absl::Duration collect_interval = absl::Minutes(5);
  std::string log_level = "info";
};

// Where one service listens. 0: any free port.
struct ServicePorts {
  int grpc = 0;
  int health = 0;
  int metrics = 0;
  // UDP; membership's alone.
  int beats = 0;
  // For devices; checkpoint-store's alone.
  int http = 0;
};

// The only control node's vault, on an engine of its own.
std::string VaultConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                            const ServicePorts& ports);
// `beside` holds the addresses of the services of the same control node that run already, `name` is
// the process's, `host` where it listens.
std::string MembershipConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                                 const ServicePorts& ports, const ControlNode& beside,
                                 const std::string& name = kMembership,
                                 const std::string& host = "127.0.0.1");
std::string OrchestratorConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                                   const ServicePorts& ports, const ControlNode& beside,
                                   const std::string& name = kOrchestrator,
                                   const std::string& host = "127.0.0.1");
std::string AgentConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                            const ServicePorts& ports, const SiteAddresses& site,
                            const StationSpec& station);

// Whoever has the operator's certificate may enrol devices.
std::string CheckpointConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                                 const ServicePorts& ports);

// "gate-1-agent", "gate-1-native": how a station's two processes are called.
std::string AgentName(std::string_view station);
std::string NativeName(std::string_view station);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_SERVICE_CONFIG_TEXT_H_
