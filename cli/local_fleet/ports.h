#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_PORTS_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_PORTS_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cli/local_fleet/service_config_text.h"

namespace understudy::cli {

// "grpc", "health", "metrics", "beats", "http" to the port that was taken.
using PortMap = std::map<std::string, int>;

enum class PortKind { kTcp, kUdp };
// Whether nothing on this machine listens on the port of 127.0.0.1.
bool IsPortFree(int port, PortKind kind);

// Whether somebody takes connections there. `host` is a number.
bool Listens(const std::string& host, int port);

// What a service wrote to its ports file.
absl::StatusOr<PortMap> ReadPortsFile(const std::string& path);

// The design's ports of a service ("config-vault", ...), or those of a first station's
// agent (any other name), where nothing on this machine holds them; else 0.
ServicePorts FreeUsualPorts(std::string_view name);

// The ports that it had, to be asked for once more.
ServicePorts SamePorts(const PortMap& ports);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_PORTS_H_
