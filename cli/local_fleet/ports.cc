#include "cli/local_fleet/ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/local_fleet/site_layout.h"

namespace understudy::cli {
namespace {

// As the services bind: with SO_REUSEADDR, so that connections in TIME_WAIT do not count.
bool IsFree(int port, int type) {
  const int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const int yes = 1;
  if (type == SOCK_STREAM) {
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  }
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  const bool free = bound && (type == SOCK_DGRAM || listen(descriptor, 1) == 0);
  close(descriptor);
  return free;
}

int FreeOrAny(int port, int type = SOCK_STREAM) { return IsFree(port, type) ? port : 0; }

int UsualPort(std::string_view name) {
  if (name == kMembership) return 7101;
  if (name == kVault) return 7102;
  if (name == kOrchestrator) return 7103;
  return 7105;
}

int PortOr0(const PortMap& ports, const std::string& key) {
  const auto found = ports.find(key);
  return found == ports.end() ? 0 : found->second;
}

}  // namespace

absl::StatusOr<PortMap> ReadPortsFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return absl::InternalError(path + " is no JSON object");
  PortMap ports;
  for (const auto& [key, port] : json.items()) {
    if (!port.is_number_unsigned()) return absl::InternalError(path + ": " + key + " is no port");
    ports[key] = port.get<int>();
  }
  return ports;
}

ServicePorts FreeUsualPorts(std::string_view name) {
  const int port = UsualPort(name);
  // Health ports are a thousand above, metrics ports two thousand.
  return {.grpc = FreeOrAny(port),
          .health = FreeOrAny(port + 1000),
          .metrics = FreeOrAny(port + 2000),
          .beats = name == kMembership ? FreeOrAny(port, SOCK_DGRAM) : 0};
}

ServicePorts SamePorts(const PortMap& ports) {
  return {.grpc = PortOr0(ports, "grpc"),
          .health = PortOr0(ports, "health"),
          .metrics = PortOr0(ports, "metrics"),
          .beats = PortOr0(ports, "beats")};
}

}  // namespace understudy::cli
