// sendmsg, recvmsg, sendmmsg, recvmmsg.

#include <sys/socket.h>

#include <vector>

#include "services/station_agent/runtime/hooks/hook_support.h"
#include "services/station_agent/runtime/hooks/io_vector.h"

namespace understudy::station_agent::runtime::hooks {
namespace {

ssize_t SendMessage(Manager& manager, int descriptor, const msghdr* message, int flags) {
  Call call(manager, descriptor, "sendmsg");
  if (message == nullptr || !call.IsSocket() || (flags & MSG_DONTWAIT) != 0) {
    return UNDERSTUDY_LIBC(sendmsg)(descriptor, message, flags);
  }
  IoVector rest(message->msg_iov, message->msg_iovlen);
  msghdr part = *message;
  return TransferAll(call, rest.size(), [&](size_t done) {
    rest.SkipTo(done);
    part.msg_iov = rest.data();
    part.msg_iovlen = rest.count();
    if (done > 0) part.msg_controllen = 0;  // descriptors travel with the first byte
    return UNDERSTUDY_LIBC(sendmsg)(descriptor, &part, flags | MSG_DONTWAIT);
  });
}

ssize_t ReceiveMessage(Manager& manager, int descriptor, msghdr* message, int flags) {
  Call call(manager, descriptor, "recvmsg");
  if (message == nullptr || !call.IsSocket() ||
      (flags & (MSG_DONTWAIT | MSG_ERRQUEUE | MSG_OOB)) != 0) {
    return UNDERSTUDY_LIBC(recvmsg)(descriptor, message, flags);
  }
  const msghdr asked = *message;
  IoVector rest(asked.msg_iov, asked.msg_iovlen);
  const bool all = (flags & MSG_WAITALL) != 0 && call.Kind() == DescriptorKind::kTcp;
  size_t done = 0;
  while (true) {
    const ssize_t received = call.Retry(Direction::kReceive, [&] {
      *message = asked;
      message->msg_iov = rest.data();
      message->msg_iovlen = rest.count();
      const ssize_t result =
          UNDERSTUDY_LIBC(recvmsg)(descriptor, message, (flags & ~MSG_WAITALL) | MSG_DONTWAIT);
      message->msg_iov = asked.msg_iov;
      message->msg_iovlen = asked.msg_iovlen;
      return result;
    });
    if (received < 0) return done > 0 ? static_cast<ssize_t>(done) : -1;
    done += static_cast<size_t>(received);
    if (!all || received == 0 || done >= rest.size()) return static_cast<ssize_t>(done);
    rest.SkipTo(done);
  }
}

int SendMessages(Manager& manager, int descriptor, mmsghdr* messages, unsigned count, int flags) {
  unsigned sent = 0;
  for (; sent < count; ++sent) {
    const ssize_t size = SendMessage(manager, descriptor, &messages[sent].msg_hdr, flags);
    if (size < 0) return sent > 0 ? static_cast<int>(sent) : -1;
    messages[sent].msg_len = static_cast<unsigned>(size);
  }
  return static_cast<int>(sent);
}

int ReceiveMessages(Manager& manager, int descriptor, mmsghdr* messages, unsigned count, int flags,
                    timespec* timeout) {
  const SteadyTime end = timeout == nullptr ? SteadyTime::Infinite()
                                            : manager.now() + absl::DurationFromTimespec(*timeout);
  unsigned received = 0;
  while (received < count) {
    // The time-out is looked at after each message only, as the kernel does.
    if (received > 0 && manager.now() >= end) break;
    const int later = received > 0 && (flags & MSG_WAITFORONE) != 0 ? MSG_DONTWAIT : 0;
    const ssize_t size = ReceiveMessage(manager, descriptor, &messages[received].msg_hdr,
                                        (flags & ~MSG_WAITFORONE) | later);
    if (size < 0) return received > 0 ? static_cast<int>(received) : -1;
    messages[received++].msg_len = static_cast<unsigned>(size);
  }
  return static_cast<int>(received);
}

}  // namespace
}  // namespace understudy::station_agent::runtime::hooks

namespace hooks = understudy::station_agent::runtime::hooks;
using understudy::station_agent::runtime::HookFamily;

extern "C" {

ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  auto* manager = hooks::Active(HookFamily::kSocket);
  if (manager == nullptr || descriptor < 0) {
    return UNDERSTUDY_LIBC(sendmsg)(descriptor, message, flags);
  }
  return hooks::SendMessage(*manager, descriptor, message, flags);
}

ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  auto* manager = hooks::Active(HookFamily::kSocket);
  if (manager == nullptr || descriptor < 0) {
    return UNDERSTUDY_LIBC(recvmsg)(descriptor, message, flags);
  }
  return hooks::ReceiveMessage(*manager, descriptor, message, flags);
}

int sendmmsg(int descriptor, mmsghdr* messages, unsigned int count, int flags) {
  auto* manager = hooks::Active(HookFamily::kSocket);
  if (manager == nullptr || descriptor < 0 || (flags & MSG_DONTWAIT) != 0) {
    return UNDERSTUDY_LIBC(sendmmsg)(descriptor, messages, count, flags);
  }
  return hooks::SendMessages(*manager, descriptor, messages, count, flags);
}

int recvmmsg(int descriptor, mmsghdr* messages, unsigned int count, int flags, timespec* timeout) {
  auto* manager = hooks::Active(HookFamily::kSocket);
  if (manager == nullptr || descriptor < 0 || (flags & MSG_DONTWAIT) != 0) {
    return UNDERSTUDY_LIBC(recvmmsg)(descriptor, messages, count, flags, timeout);
  }
  return hooks::ReceiveMessages(*manager, descriptor, messages, count, flags, timeout);
}

}  // extern "C"
