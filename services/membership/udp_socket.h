#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_UDP_SOCKET_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_UDP_SOCKET_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/beat/beat.h"

namespace understudy::membership {

// A bound UDP socket that reads and writes in batches. Not thread-safe: one thread reads and
// writes; the getters are free for all.
class UdpSocket {
 public:
  struct Options {
    // host:port; port 0 takes a free one.
    std::string listen;
    // Asked of the kernel, which may grant less.
    size_t receive_buffer_bytes = size_t{32} << 20;
    // How long Receive waits for the first datagram.
    absl::Duration wait = absl::Milliseconds(5);
  };
  static constexpr size_t kMaxBatch = 64;

  // INVALID_ARGUMENT for an address that is none, UNAVAILABLE when it cannot be had.
  static absl::StatusOr<std::unique_ptr<UdpSocket>> Bind(const Options& options);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // Waits for a datagram, takes up to kMaxBatch and returns how many. 0 when none came in time.
  size_t Receive();
  // The datagrams of the last Receive. One that was longer than the buffer is cut to a length that
  // no packet of ours has.
  std::span<const std::span<const uint8_t>> datagrams() const { return {datagrams_}; }

  // Queues an answer to the datagram of that index; Flush sends what is queued and drops what the
  // kernel has no room for. Returns how many were sent.
  void QueueReply(size_t index, const beat::Packet& packet);
  size_t Flush();

  int port() const { return port_; }
  // What the kernel granted.
  size_t receive_buffer_bytes() const { return granted_bytes_; }
  // Datagrams that the kernel dropped because its buffer was full, as of the last Receive.
  uint32_t kernel_drops() const { return kernel_drops_; }

 private:
  static constexpr size_t kBufferSize = 64;
  static_assert(kBufferSize > beat::kPacketSize);

  explicit UdpSocket(int descriptor);
  absl::Status Configure(const Options& options);
  void ReadDropCount();

  const int descriptor_;
  int port_ = 0;
  size_t granted_bytes_ = 0;
  uint32_t kernel_drops_ = 0;

  std::array<std::array<uint8_t, kBufferSize>, kMaxBatch> buffers_;
  std::array<sockaddr_in6, kMaxBatch> senders_;
  std::array<iovec, kMaxBatch> vectors_;
  std::array<mmsghdr, kMaxBatch> messages_;
  alignas(cmsghdr) std::array<uint8_t, 64> control_;
  std::vector<std::span<const uint8_t>> datagrams_;

  std::array<beat::Packet, kMaxBatch> replies_;
  std::array<iovec, kMaxBatch> reply_vectors_;
  std::array<mmsghdr, kMaxBatch> reply_messages_;
  size_t queued_ = 0;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_UDP_SOCKET_H_
