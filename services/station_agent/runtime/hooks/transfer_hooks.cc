// sendfile and splice.

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "services/station_agent/runtime/hooks/hook_support.h"

namespace understudy::station_agent::runtime::hooks {
namespace {

constexpr size_t kPiece = 64 * 1024;

// sendfile has no flag for a call that does not wait: to a socket or a pipe the file is read and
// written piece by piece.
ssize_t SendFile(int out, int in, off_t* offset, size_t count) {
  std::vector<char> buffer(std::min(count, kPiece));
  off_t at = offset != nullptr ? *offset : lseek(in, 0, SEEK_CUR);
  if (at < 0) return -1;
  size_t done = 0;
  while (done < count) {
    const ssize_t got = pread(in, buffer.data(), std::min(buffer.size(), count - done), at);
    if (got < 0 && done == 0) return -1;
    if (got <= 0) break;
    const ssize_t sent = write(out, buffer.data(), static_cast<size_t>(got));
    if (sent < 0 && done == 0) return -1;
    if (sent <= 0) break;
    done += static_cast<size_t>(sent);
    at += sent;
    if (sent < got) break;
  }
  if (offset != nullptr) {
    *offset = at;
  } else {
    lseek(in, at, SEEK_SET);
  }
  return static_cast<ssize_t>(done);
}

bool Waits(Manager& manager, int descriptor) {
  Call call(manager, descriptor, "sendfile");
  const DescriptorKind kind = call.Kind();
  return kind != DescriptorKind::kNeverWaits && kind != DescriptorKind::kUnknown;
}

ssize_t Splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size,
               unsigned flags) {
  while (true) {
    const ssize_t moved =
        UNDERSTUDY_LIBC(splice)(in, in_offset, out, out_offset, size, flags | SPLICE_F_NONBLOCK);
    if (moved >= 0 || errno != EAGAIN || (flags & SPLICE_F_NONBLOCK) != 0) return moved;
    // Either side may be the one that is not ready: wait for the one, then for the other.
    pollfd source{in, POLLIN, 0};
    if (poll(&source, 1, -1) < 0) return -1;
    pollfd target{out, POLLOUT, 0};
    if (poll(&target, 1, -1) < 0) return -1;
  }
}

}  // namespace
}  // namespace understudy::station_agent::runtime::hooks

namespace hooks = understudy::station_agent::runtime::hooks;
using understudy::station_agent::runtime::HookFamily;

extern "C" {

ssize_t sendfile(int out, int in, off_t* offset, size_t count) noexcept {
  auto* manager = hooks::Active(HookFamily::kReadWrite);
  if (manager == nullptr || out < 0 || in < 0 || !hooks::Waits(*manager, out) ||
      hooks::Waits(*manager, in)) {
    return UNDERSTUDY_LIBC(sendfile)(out, in, offset, count);
  }
  return hooks::SendFile(out, in, offset, count);
}

ssize_t sendfile64(int out, int in, off64_t* offset, size_t count) noexcept {
  return sendfile(out, in, offset, count);
}

ssize_t splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size,
               unsigned int flags) {
  if (hooks::Active(HookFamily::kReadWrite) == nullptr) {
    return UNDERSTUDY_LIBC(splice)(in, in_offset, out, out_offset, size, flags);
  }
  return hooks::Splice(in, in_offset, out, out_offset, size, flags);
}

}  // extern "C"
