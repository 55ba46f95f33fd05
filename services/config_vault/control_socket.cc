#include "services/config_vault/control_socket.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::Status Failed(std::string_view what, const std::string& address) {
  return MakeError(absl::StatusCode::kUnavailable, "CONTROL_BEATS_UNAVAILABLE",
                   absl::StrCat("control beats at ", address, ": ", std::string(what), ": ",
                                std::strerror(errno)));
}

absl::StatusOr<AddressList> LookUp(const std::string& text, int family, int flags) {
  const auto address = config::ParseAddress(text);
  if (!address.has_value()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_ADDRESS",
                     absl::StrCat("control beats at ", text, ": expected host:port"));
  }
  addrinfo hints = {};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address->host.c_str(), absl::StrCat(address->port).c_str(), &hints, &found);
  if (error != 0) {
    return MakeError(absl::StatusCode::kUnavailable, "CONTROL_BEATS_UNAVAILABLE",
                     absl::StrCat("control beats at ", text, ": ", gai_strerror(error)));
  }
  return AddressList(found, &freeaddrinfo);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlSocket>> ControlSocket::Bind(const std::string& listen) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const AddressList address, LookUp(listen, AF_UNSPEC, AI_PASSIVE));
  const int descriptor =
      socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol);
  if (descriptor < 0) return Failed("socket", listen);
  std::unique_ptr<ControlSocket> made(new ControlSocket(descriptor, address->ai_family));
  if (bind(descriptor, address->ai_addr, address->ai_addrlen) != 0) return Failed("bind", listen);
  return made;
}

ControlSocket::~ControlSocket() { close(descriptor_); }

absl::StatusOr<ControlEndpoint> ControlSocket::Resolve(const std::string& address) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(
      const AddressList found,
      LookUp(address, family_, family_ == AF_INET6 ? AI_V4MAPPED | AI_ALL : 0));
  ControlEndpoint endpoint;
  std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
  endpoint.size = found->ai_addrlen;
  return endpoint;
}

void ControlSocket::Send(const ControlEndpoint& to, std::span<const uint8_t> bytes) const {
  static_cast<void>(sendto(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT,
                           reinterpret_cast<const sockaddr*>(&to.address), to.size));
}

std::optional<size_t> ControlSocket::Receive(std::span<uint8_t> buffer) const {
  // A peer whose port is closed shows as an error of the next call: it is no datagram.
  for (int errors = 0; errors < 8; ++errors) {
    const ssize_t received = recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (received >= 0) return static_cast<size_t>(received);
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
  }
  return std::nullopt;
}

bool ControlSocket::Wait(absl::Duration timeout) const {
  pollfd waiting = {.fd = descriptor_, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout))) > 0;
}

int ControlSocket::port() const {
  sockaddr_in6 address = {};
  socklen_t size = sizeof(address);
  getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);  // At the same place in sockaddr_in.
}

}  // namespace understudy::config_vault
