// read, write, readv, writev.

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "services/station_agent/runtime/hooks/hook_support.h"
#include "services/station_agent/runtime/hooks/io_vector.h"

namespace understudy::station_agent::runtime::hooks {
namespace {

// A terminal that is writable takes at least this much without a noticeable wait.
constexpr size_t kTerminalPiece = 256;

size_t SizeOf(const iovec* buffers, int count) {
  size_t size = 0;
  for (int i = 0; i < count; ++i) size += buffers[i].iov_len;
  return size;
}

ssize_t ReceiveInto(int descriptor, const iovec* buffers, int count) {
  if (count == 1) {
    return UNDERSTUDY_LIBC(recvfrom)(descriptor, buffers->iov_base, buffers->iov_len, MSG_DONTWAIT,
                                     nullptr, nullptr);
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers);
  message.msg_iovlen = static_cast<size_t>(count);
  return UNDERSTUDY_LIBC(recvmsg)(descriptor, &message, MSG_DONTWAIT);
}

ssize_t SendFrom(int descriptor, const iovec* buffers, size_t count) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers);
  message.msg_iovlen = count;
  return UNDERSTUDY_LIBC(sendmsg)(descriptor, &message, MSG_DONTWAIT);
}

ssize_t ReadStreamOnce(Call& call, const iovec* buffers, int count) {
  if (call.Kind() == DescriptorKind::kStream) {
    const ssize_t received = preadv2(call.descriptor(), buffers, count, -1, RWF_NOWAIT);
    if (received >= 0 || (errno != EOPNOTSUPP && errno != EINVAL && errno != ESPIPE)) {
      return received;
    }
    call.PollFirst();
  }
  if (!IsReady(call.descriptor(), POLLIN)) {
    errno = EAGAIN;
    return -1;
  }
  return UNDERSTUDY_LIBC(readv)(call.descriptor(), buffers, count);
}

ssize_t WriteStreamOnce(Call& call, const iovec* buffers, size_t count) {
  if (call.Kind() == DescriptorKind::kStream) {
    const ssize_t sent =
        pwritev2(call.descriptor(), buffers, static_cast<int>(count), -1, RWF_NOWAIT);
    if (sent >= 0 || (errno != EOPNOTSUPP && errno != EINVAL && errno != ESPIPE)) return sent;
    call.PollFirst();
  }
  if (!IsReady(call.descriptor(), POLLOUT)) {
    errno = EAGAIN;
    return -1;
  }
  const size_t piece = std::min(buffers->iov_len, kTerminalPiece);
  return UNDERSTUDY_LIBC(write)(call.descriptor(), buffers->iov_base, piece);
}

ssize_t Read(Manager& manager, int descriptor, const iovec* buffers, int count) {
  Call call(manager, descriptor, "read");
  const size_t size = SizeOf(buffers, count);
  const DescriptorKind kind = call.Kind();
  if (size == 0 || kind == DescriptorKind::kNeverWaits || kind == DescriptorKind::kUnknown) {
    return UNDERSTUDY_LIBC(readv)(descriptor, buffers, count);
  }
  if (!call.IsSocket()) {
    return call.Retry(Direction::kReceive, [&] { return ReadStreamOnce(call, buffers, count); });
  }
  const ssize_t received =
      call.Retry(Direction::kReceive, [&] { return ReceiveInto(descriptor, buffers, count); });
  if (received < 0 && errno == ENOTSOCK) {
    call.Forget();
    return Read(manager, descriptor, buffers, count);
  }
  call.NoteReceived(received, size);
  return received;
}

ssize_t WriteToSocket(Call& call, const iovec& buffer) {
  return TransferAll(call, buffer.iov_len, [&](size_t done) {
    return UNDERSTUDY_LIBC(sendto)(call.descriptor(), static_cast<char*>(buffer.iov_base) + done,
                                   buffer.iov_len - done, MSG_DONTWAIT, nullptr, 0);
  });
}

ssize_t Write(Manager& manager, int descriptor, const iovec* buffers, int count) {
  Call call(manager, descriptor, "write");
  const size_t size = SizeOf(buffers, count);
  const DescriptorKind kind = call.Kind();
  if (size == 0 || kind == DescriptorKind::kNeverWaits || kind == DescriptorKind::kUnknown) {
    return UNDERSTUDY_LIBC(writev)(descriptor, buffers, count);
  }
  const bool socket = call.IsSocket();
  if (socket && count == 1) return WriteToSocket(call, *buffers);
  IoVector rest(buffers, static_cast<size_t>(count));
  const ssize_t sent = TransferAll(call, size, [&](size_t done) {
    rest.SkipTo(done);
    return socket ? SendFrom(descriptor, rest.data(), std::min<size_t>(rest.count(), IOV_MAX))
                  : WriteStreamOnce(call, rest.data(), rest.count());
  });
  if (sent < 0 && socket && errno == ENOTSOCK) {
    call.Forget();
    return Write(manager, descriptor, buffers, count);
  }
  return sent;
}

}  // namespace
}  // namespace understudy::station_agent::runtime::hooks

namespace hooks = understudy::station_agent::runtime::hooks;
using understudy::station_agent::runtime::HookFamily;

extern "C" {

ssize_t read(int descriptor, void* buffer, size_t size) {
  auto* manager = hooks::Active(HookFamily::kReadWrite);
  if (manager == nullptr || descriptor < 0) return UNDERSTUDY_LIBC(read)(descriptor, buffer, size);
  const iovec one{buffer, size};
  return hooks::Read(*manager, descriptor, &one, 1);
}

ssize_t write(int descriptor, const void* buffer, size_t size) {
  auto* manager = hooks::Active(HookFamily::kReadWrite);
  if (manager == nullptr || descriptor < 0) return UNDERSTUDY_LIBC(write)(descriptor, buffer, size);
  const iovec one{const_cast<void*>(buffer), size};
  return hooks::Write(*manager, descriptor, &one, 1);
}

ssize_t readv(int descriptor, const iovec* buffers, int count) {
  auto* manager = hooks::Active(HookFamily::kReadWrite);
  if (manager == nullptr || descriptor < 0 || count <= 0 || count > IOV_MAX) {
    return UNDERSTUDY_LIBC(readv)(descriptor, buffers, count);
  }
  return hooks::Read(*manager, descriptor, buffers, count);
}

ssize_t writev(int descriptor, const iovec* buffers, int count) {
  auto* manager = hooks::Active(HookFamily::kReadWrite);
  if (manager == nullptr || descriptor < 0 || count <= 0 || count > IOV_MAX) {
    return UNDERSTUDY_LIBC(writev)(descriptor, buffers, count);
  }
  return hooks::Write(*manager, descriptor, buffers, count);
}

}  // extern "C"
