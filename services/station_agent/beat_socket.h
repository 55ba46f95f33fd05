#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_BEAT_SOCKET_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_BEAT_SOCKET_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"

namespace understudy::station_agent {

// A UDP socket connected to membership: it gets datagrams from there alone. Not thread-safe.
class BeatSocket {
 public:
  BeatSocket() = default;
  ~BeatSocket() { Close(); }
  BeatSocket(const BeatSocket&) = delete;
  BeatSocket& operator=(const BeatSocket&) = delete;

  // UNAVAILABLE BAD_BEAT_ADDRESS.
  absl::Status Connect(const std::string& host, uint16_t port);
  void Close();
  // -1 when closed.
  int fd() const { return fd_; }

  // Never block. A datagram that cannot be sent is lost, as any may be.
  bool Send(std::span<const uint8_t> datagram) const;
  // Bytes received into `buffer`; 0 when nothing waits.
  size_t Receive(std::span<uint8_t> buffer) const;

 private:
  int fd_ = -1;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_BEAT_SOCKET_H_
