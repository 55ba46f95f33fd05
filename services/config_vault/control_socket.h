#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_SOCKET_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_SOCKET_H_

#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace understudy::config_vault {

// Where a datagram goes.
struct ControlEndpoint {
  sockaddr_storage address = {};
  socklen_t size = 0;
};

// The UDP socket of control beats. Sending and receiving never wait; Wait does. Thread-safe.
class ControlSocket {
 public:
  // host:port; port 0 takes a free one. INVALID_ARGUMENT for an address that is none, UNAVAILABLE
  // when it cannot be had.
  static absl::StatusOr<std::unique_ptr<ControlSocket>> Bind(const std::string& listen);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  // Looks host:port up, of this socket's address family; may wait for a name server. UNAVAILABLE.
  absl::StatusOr<ControlEndpoint> Resolve(const std::string& address) const;

  // What the kernel does not take is lost, as datagrams may be.
  void Send(const ControlEndpoint& to, std::span<const uint8_t> bytes) const;
  // The next datagram that has arrived, cut to the buffer's size; nothing when there is none.
  std::optional<size_t> Receive(std::span<uint8_t> buffer) const;
  // Waits until a datagram is there (true) or the time is over.
  bool Wait(absl::Duration timeout) const;

  int port() const;

 private:
  ControlSocket(int descriptor, int family) : descriptor_(descriptor), family_(family) {}

  const int descriptor_;
  const int family_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_SOCKET_H_
