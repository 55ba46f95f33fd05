#include "cli/local_fleet/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/local_fleet/site_layout.h"

namespace understudy::cli {
namespace {

int FreeOrAny(int port, PortKind kind = PortKind::kTcp) {
  return IsPortFree(port, kind) ? port : 0;
}

int UsualPort(std::string_view name) {
  if (name == kMembership) return 7101;
  if (name == kVault) return 7102;
  if (name == kOrchestrator) return 7103;
  if (name == kCheckpoints) return 7104;
  return 7105;
}

int PortOr0(const PortMap& ports, const std::string& key) {
  const auto found = ports.find(key);
  return found == ports.end() ? 0 : found->second;
}

}  // namespace

// As the services bind: with SO_REUSEADDR, so that connections in TIME_WAIT do not count.
bool IsPortFree(int port, PortKind kind) {
  const bool stream = kind == PortKind::kTcp;
  const int type = stream ? SOCK_STREAM : SOCK_DGRAM;
  const int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const int yes = 1;
  if (stream) setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  const bool free = bound && (!stream || listen(descriptor, 1) == 0);
  close(descriptor);
  return free;
}

bool Listens(const std::string& host, int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return false;
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const bool connected =
      connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(descriptor);
  return connected;
}

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
  const bool checkpoints = name == kCheckpoints;
  // Health ports are a thousand above, metrics ports two thousand; but checkpoint-store's devices
  // are where its health would be.
  return {.grpc = FreeOrAny(port),
          .health = FreeOrAny(checkpoints ? port + 2100 : port + 1000),
          .metrics = FreeOrAny(port + 2000),
          .beats = name == kMembership ? FreeOrAny(port, PortKind::kUdp) : 0,
          .http = checkpoints ? FreeOrAny(port + 1000) : 0};
}

ServicePorts SamePorts(const PortMap& ports) {
  return {.grpc = PortOr0(ports, "grpc"),
          .health = PortOr0(ports, "health"),
          .metrics = PortOr0(ports, "metrics"),
          .beats = PortOr0(ports, "beats"),
          .http = PortOr0(ports, "http")};
}

}  // namespace understudy::cli
