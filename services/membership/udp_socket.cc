#include "services/membership/udp_socket.h"

#include <netdb.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"
#include "common/status/status.h"

namespace understudy::membership {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::Status Failed(std::string_view what, const std::string& address) {
  return MakeError(
      absl::StatusCode::kUnavailable, "BEATS_UNAVAILABLE",
      absl::StrCat("beats on ", address, ": ", std::string(what), ": ", std::strerror(errno)));
}

absl::StatusOr<AddressList> Resolve(const std::string& listen) {
  const auto address = config::ParseAddress(listen);
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (!address.has_value() ||
      getaddrinfo(address->host.c_str(), absl::StrCat(address->port).c_str(), &hints, &found) !=
          0) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_ADDRESS",
                     absl::StrCat("beats on ", listen, ": no such address"));
  }
  return AddressList(found, &freeaddrinfo);
}

template <typename Value>
void SetOption(int descriptor, int option, const Value& value) {
  // A kernel that refuses leaves its default, which the getters show.
  static_cast<void>(setsockopt(descriptor, SOL_SOCKET, option, &value, sizeof(value)));
}

size_t GrowReceiveBuffer(int descriptor, size_t bytes) {
  // The kernel doubles what is asked, for its own bookkeeping.
  const int asked = static_cast<int>(bytes / 2);
  SetOption(descriptor, SO_RCVBUF, asked);
  SetOption(descriptor, SO_RCVBUFFORCE, asked);
  int granted = 0;
  socklen_t size = sizeof(granted);
  getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &granted, &size);
  return static_cast<size_t>(granted);
}

int BoundPort(int descriptor) {
  sockaddr_in6 address = {};
  socklen_t size = sizeof(address);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);  // At the same place in sockaddr_in.
}

}  // namespace

absl::StatusOr<std::unique_ptr<UdpSocket>> UdpSocket::Bind(const Options& options) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const AddressList address, Resolve(options.listen));
  const int descriptor =
      socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, address->ai_protocol);
  if (descriptor < 0) return Failed("socket", options.listen);
  std::unique_ptr<UdpSocket> made(new UdpSocket(descriptor));
  if (bind(descriptor, address->ai_addr, address->ai_addrlen) != 0) {
    return Failed("bind", options.listen);
  }
  made->port_ = BoundPort(descriptor);
  UNDERSTUDY_RETURN_IF_ERROR(made->Configure(options));
  return made;
}

UdpSocket::UdpSocket(int descriptor) : descriptor_(descriptor) {
  for (size_t i = 0; i < kMaxBatch; ++i) {
    vectors_[i] = {.iov_base = buffers_[i].data(), .iov_len = kBufferSize};
    messages_[i] = {};
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &senders_[i];
    reply_vectors_[i] = {.iov_base = replies_[i].data(), .iov_len = beat::kPacketSize};
    reply_messages_[i] = {};
    reply_messages_[i].msg_hdr.msg_iov = &reply_vectors_[i];
    reply_messages_[i].msg_hdr.msg_iovlen = 1;
  }
  datagrams_.reserve(kMaxBatch);
}

UdpSocket::~UdpSocket() { close(descriptor_); }

absl::Status UdpSocket::Configure(const Options& options) {
  granted_bytes_ = GrowReceiveBuffer(descriptor_, options.receive_buffer_bytes);
  SetOption(descriptor_, SO_RXQ_OVFL, int{1});
  const timeval wait = absl::ToTimeval(options.wait);
  // Without it a stop would wait for the next beat.
  if (setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0) {
    return Failed("SO_RCVTIMEO", options.listen);
  }
  return absl::OkStatus();
}

size_t UdpSocket::Receive() {
  datagrams_.clear();
  for (mmsghdr& message : messages_) message.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
  // The drop count is of the socket, so one message that carries it is enough.
  messages_[0].msg_hdr.msg_control = control_.data();
  messages_[0].msg_hdr.msg_controllen = control_.size();
  const int received = recvmmsg(descriptor_, messages_.data(), kMaxBatch, MSG_WAITFORONE, nullptr);
  if (received <= 0) return 0;
  for (int i = 0; i < received; ++i) {
    const auto index = static_cast<size_t>(i);
    datagrams_.emplace_back(buffers_[index].data(), messages_[index].msg_len);
  }
  ReadDropCount();
  return datagrams_.size();
}

void UdpSocket::ReadDropCount() {
  msghdr& header = messages_[0].msg_hdr;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_RXQ_OVFL) continue;
    std::memcpy(&kernel_drops_, CMSG_DATA(part), sizeof(kernel_drops_));
  }
}

void UdpSocket::QueueReply(size_t index, const beat::Packet& packet) {
  replies_[queued_] = packet;
  reply_messages_[queued_].msg_hdr.msg_name = messages_[index].msg_hdr.msg_name;
  reply_messages_[queued_].msg_hdr.msg_namelen = messages_[index].msg_hdr.msg_namelen;
  ++queued_;
}

size_t UdpSocket::Flush() {
  size_t next = 0;
  size_t sent = 0;
  while (next < queued_) {
    const int count = sendmmsg(descriptor_, &reply_messages_[next],
                               static_cast<unsigned>(queued_ - next), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) break;
    // One that cannot be sent (a firewall, an address without a route) must not stop the others.
    next += count < 0 ? 1 : static_cast<size_t>(count);
    sent += count < 0 ? 0 : static_cast<size_t>(count);
  }
  queued_ = 0;
  return sent;
}

}  // namespace understudy::membership
