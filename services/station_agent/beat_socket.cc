#include "services/station_agent/beat_socket.h"

#include <netdb.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "common/status/status.h"

namespace understudy::station_agent {
namespace {

absl::Status BadAddress(const std::string& host, uint16_t port, const std::string& why) {
  return MakeError(absl::StatusCode::kUnavailable, "BAD_BEAT_ADDRESS",
                   host + ":" + std::to_string(port) + ": " + why);
}

// Beats go before other traffic where the network cares.
void PreferQuickWay(int fd) {
  const int type = IPTOS_LOWDELAY;
  (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &type, sizeof type);
}

}  // namespace

absl::Status BeatSocket::Connect(const std::string& host, uint16_t port) {
  Close();
  addrinfo hints = {};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return BadAddress(host, port, gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    fd_ = socket(at->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) continue;
    if (connect(fd_, at->ai_addr, at->ai_addrlen) == 0) {
      PreferQuickWay(fd_);
      return absl::OkStatus();
    }
    Close();
  }
  return BadAddress(host, port, "cannot be connected to");
}

void BeatSocket::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

bool BeatSocket::Send(std::span<const uint8_t> datagram) const {
  return send(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(datagram.size());
}

size_t BeatSocket::Receive(std::span<uint8_t> buffer) const {
  const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
  return got > 0 ? static_cast<size_t>(got) : 0;
}

}  // namespace understudy::station_agent
