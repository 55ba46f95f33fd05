#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_SOCKET_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_SOCKET_H_

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>

#include "services/station_agent/runtime/link/descriptor_link.h"
#include "services/station_agent/runtime/link/link.h"

namespace understudy::station_agent::runtime {

// A host name or address, and a port.
struct Endpoint {
  std::string host;
  uint16_t port = 0;
};

// Connects to the first address of the host that answers.
absl::StatusOr<std::unique_ptr<Link>> ConnectTcp(const Endpoint& peer, SteadyTime deadline);
// A datagram socket that talks to `peer` alone; each Read is one datagram.
absl::StatusOr<std::unique_ptr<Link>> ConnectUdp(const Endpoint& peer, SteadyTime deadline);

// Accepts TCP connections.
class TcpAcceptor {
 public:
  // Port 0: the kernel chooses.
  static absl::StatusOr<std::unique_ptr<TcpAcceptor>> Listen(const Endpoint& local,
                                                             int backlog = 1024);
  absl::StatusOr<std::unique_ptr<Link>> Accept(SteadyTime deadline);
  // Ends a waiting Accept.
  void Close() { descriptor_.Close(); }
  uint16_t port() const { return port_; }

 private:
  TcpAcceptor(Descriptor descriptor, uint16_t port, std::string name)
      : descriptor_(std::move(descriptor)), port_(port), name_(std::move(name)) {}

  Descriptor descriptor_;
  const uint16_t port_;
  const std::string name_;
};

// An address as the system keeps it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
};
// In digits.
absl::StatusOr<Endpoint> ToEndpoint(const SocketAddress& address);

inline constexpr size_t kLargestDatagram = 65'507;

struct Datagram {
  std::string data;
  Endpoint peer;  // the sender's address in digits
};

// A datagram socket that hears from anybody. For a link to each sender: UdpAcceptor.
class UdpSocket {
 public:
  static absl::StatusOr<std::unique_ptr<UdpSocket>> Bind(const Endpoint& local);
  absl::StatusOr<Datagram> Receive(SteadyTime deadline);
  // `peer.host` is an address in digits, as Receive gives it.
  absl::Status Send(std::string_view data, const Endpoint& peer, SteadyTime deadline);
  // The same without names. What does not fit into `buffer` is lost.
  absl::StatusOr<size_t> ReceiveFrom(std::span<char> buffer, SocketAddress& sender,
                                     SteadyTime deadline);
  absl::Status SendTo(std::string_view data, const SocketAddress& peer, SteadyTime deadline);
  void Close() { descriptor_.Close(); }
  uint16_t port() const { return port_; }

 private:
  UdpSocket(Descriptor descriptor, uint16_t port, std::string name)
      : descriptor_(std::move(descriptor)), port_(port), name_(std::move(name)) {}

  Descriptor descriptor_;
  const uint16_t port_;
  const std::string name_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_SOCKET_H_
