#include "services/station_agent/runtime/link/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"

namespace understudy::station_agent::runtime {
namespace {

struct AddressFree {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressFree>;

absl::StatusOr<AddressList> Resolve(const Endpoint& endpoint, int type, int flags,
                                    const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = type;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (error == EAI_SYSTEM) return LinkError(name, "name", errno);
  if (error != 0) return absl::UnavailableError(absl::StrCat(name, ": ", gai_strerror(error)));
  return AddressList(found);
}

std::string NameOf(const char* kind, const Endpoint& endpoint) {
  return absl::StrCat(kind, " ", endpoint.host, ":", endpoint.port);
}

uint16_t PortOf(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

absl::StatusOr<Descriptor> ConnectOne(const addrinfo& address, SteadyTime deadline,
                                      const std::string& name) {
  Descriptor descriptor(socket(
      address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (descriptor.get() < 0) return LinkError(name, "socket", errno);
  if (connect(descriptor.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return LinkError(name, "connect", errno);
    const absl::Status ready = WaitForDescriptor(descriptor.get(), POLLOUT, deadline, name);
    if (!ready.ok()) return ready;
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(descriptor.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return LinkError(name, "connect", error);
  }
  const int one = 1;
  setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  return descriptor;
}

absl::StatusOr<std::unique_ptr<Link>> Connect(const char* kind, int type, const Endpoint& peer,
                                              SteadyTime deadline) {
  const std::string name = NameOf(kind, peer);
  const auto addresses = Resolve(peer, type, 0, name);
  if (!addresses.ok()) return addresses.status();
  absl::Status last = absl::UnavailableError(name + ": no address");
  for (const addrinfo* one = addresses->get(); one != nullptr; one = one->ai_next) {
    auto connected = ConnectOne(*one, deadline, name);
    if (connected.ok()) return std::make_unique<DescriptorLink>(*std::move(connected), name);
    last = connected.status();
    if (!absl::IsUnavailable(last)) break;
  }
  return last;
}

absl::StatusOr<Descriptor> Bind(const Endpoint& local, int type, const std::string& name) {
  const auto addresses = Resolve(local, type, AI_PASSIVE, name);
  if (!addresses.ok()) return addresses.status();
  const addrinfo& address = **addresses;
  Descriptor descriptor(
      socket(address.ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (descriptor.get() < 0) return LinkError(name, "socket", errno);
  const int one = 1;
  setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (bind(descriptor.get(), address.ai_addr, address.ai_addrlen) != 0) {
    return LinkError(name, "bind", errno);
  }
  return descriptor;
}

}  // namespace

absl::StatusOr<Endpoint> ToEndpoint(const SocketAddress& address) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  const int error =
      getnameinfo(reinterpret_cast<const sockaddr*>(&address.storage), address.size, host,
                  sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
  if (error != 0) return absl::UnavailableError(gai_strerror(error));
  return Endpoint{host, static_cast<uint16_t>(std::stoi(port))};
}

absl::StatusOr<std::unique_ptr<Link>> ConnectTcp(const Endpoint& peer, SteadyTime deadline) {
  return Connect("tcp", SOCK_STREAM, peer, deadline);
}

absl::StatusOr<std::unique_ptr<Link>> ConnectUdp(const Endpoint& peer, SteadyTime deadline) {
  return Connect("udp", SOCK_DGRAM, peer, deadline);
}

absl::StatusOr<std::unique_ptr<TcpAcceptor>> TcpAcceptor::Listen(const Endpoint& local,
                                                                 int backlog) {
  const std::string name = NameOf("tcp listener", local);
  auto bound = Bind(local, SOCK_STREAM, name);
  if (!bound.ok()) return bound.status();
  if (listen(bound->get(), backlog) != 0) return LinkError(name, "listen", errno);
  const uint16_t port = PortOf(bound->get());
  return std::unique_ptr<TcpAcceptor>(new TcpAcceptor(*std::move(bound), port, name));
}

absl::StatusOr<std::unique_ptr<Link>> TcpAcceptor::Accept(SteadyTime deadline) {
  while (true) {
    SocketAddress address;
    Descriptor accepted(accept4(descriptor_.get(), reinterpret_cast<sockaddr*>(&address.storage),
                                &address.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.get() >= 0) {
      const auto peer = ToEndpoint(address);
      const std::string name = peer.ok() ? NameOf("tcp", *peer) : name_;
      return std::make_unique<DescriptorLink>(std::move(accepted), name);
    }
    // A connection that was given up before it was accepted is nobody's error.
    if (errno == ECONNABORTED || errno == EINTR) continue;
    if (errno != EAGAIN) return LinkError(name_, "accept", errno);
    const absl::Status ready = WaitForDescriptor(descriptor_.get(), POLLIN, deadline, name_);
    if (!ready.ok()) return ready;
  }
}

absl::StatusOr<std::unique_ptr<UdpSocket>> UdpSocket::Bind(const Endpoint& local) {
  const std::string name = NameOf("udp", local);
  auto bound = runtime::Bind(local, SOCK_DGRAM, name);
  if (!bound.ok()) return bound.status();
  const uint16_t port = PortOf(bound->get());
  return std::unique_ptr<UdpSocket>(new UdpSocket(*std::move(bound), port, name));
}

absl::StatusOr<Datagram> UdpSocket::Receive(SteadyTime deadline) {
  std::string buffer(kLargestDatagram, '\0');
  SocketAddress sender;
  const auto size = ReceiveFrom(buffer, sender, deadline);
  if (!size.ok()) return size.status();
  buffer.resize(*size);
  auto peer = ToEndpoint(sender);
  if (!peer.ok()) return peer.status();
  return Datagram{std::move(buffer), *std::move(peer)};
}

absl::StatusOr<size_t> UdpSocket::ReceiveFrom(std::span<char> buffer, SocketAddress& sender,
                                              SteadyTime deadline) {
  while (true) {
    sender = SocketAddress();
    const ssize_t received = recvfrom(descriptor_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                      reinterpret_cast<sockaddr*>(&sender.storage), &sender.size);
    if (received >= 0) return static_cast<size_t>(received);
    if (errno != EAGAIN && errno != EINTR) return LinkError(name_, "receive", errno);
    const absl::Status ready = WaitForDescriptor(descriptor_.get(), POLLIN, deadline, name_);
    if (!ready.ok()) return ready;
  }
}

absl::Status UdpSocket::Send(std::string_view data, const Endpoint& peer, SteadyTime deadline) {
  const auto addresses = Resolve(peer, SOCK_DGRAM, AI_NUMERICHOST, name_);
  if (!addresses.ok()) return addresses.status();
  SocketAddress address;
  address.size = (*addresses)->ai_addrlen;
  std::memcpy(&address.storage, (*addresses)->ai_addr, address.size);
  return SendTo(data, address, deadline);
}

absl::Status UdpSocket::SendTo(std::string_view data, const SocketAddress& peer,
                               SteadyTime deadline) {
  while (true) {
    const ssize_t sent = sendto(descriptor_.get(), data.data(), data.size(), MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&peer.storage), peer.size);
    if (sent >= 0) return absl::OkStatus();
    if (errno != EAGAIN && errno != EINTR) return LinkError(name_, "send", errno);
    const absl::Status ready = WaitForDescriptor(descriptor_.get(), POLLOUT, deadline, name_);
    if (!ready.ok()) return ready;
  }
}

}  // namespace understudy::station_agent::runtime
