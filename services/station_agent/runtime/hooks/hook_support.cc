#include "services/station_agent/runtime/hooks/hook_support.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace understudy::station_agent::runtime::hooks {
namespace {

int64_t TimeoutOf(int descriptor, int option) {
  timeval timeout{};
  socklen_t size = sizeof(timeout);
  if (getsockopt(descriptor, SOL_SOCKET, option, &timeout, &size) != 0) return 0;
  return timeout.tv_sec * 1'000'000'000 + timeout.tv_usec * 1000;
}

int SocketOption(int descriptor, int option) {
  int value = -1;
  socklen_t size = sizeof(value);
  getsockopt(descriptor, SOL_SOCKET, option, &value, &size);
  return value;
}

// The hooks examine descriptors in the middle of other people's calls.
class ErrnoKeeper {
 public:
  ErrnoKeeper() : saved_(errno) {}
  ~ErrnoKeeper() { errno = saved_; }

 private:
  int saved_;
};

}  // namespace

int ErrnoOf(WakeReason reason, int timed_out) {
  switch (reason) {
    case WakeReason::kCancelled:
      return ECANCELED;
    case WakeReason::kClosed:
      return EBADF;
    case WakeReason::kTimedOut:
      return timed_out;
    case WakeReason::kPending:
    case WakeReason::kReady:
      return 0;
  }
  return EIO;
}

bool IsReady(int descriptor, short events) {
  pollfd one{descriptor, events, 0};
  return UNDERSTUDY_LIBC(poll)(&one, 1, 0) != 0;
}

void Call::Classify() {
  const ErrnoKeeper keeper;
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) return;
  if (S_ISSOCK(status.st_mode)) {
    ClassifySocket();
  } else if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode)) {
    entry_.kind = DescriptorKind::kNeverWaits;
  } else if (S_ISCHR(status.st_mode)) {
    entry_.kind = DescriptorKind::kTerminal;
  } else {
    entry_.kind = DescriptorKind::kStream;  // pipes, eventfd, timerfd, signalfd, inotify
  }
}

void Call::ClassifySocket() {
  const int domain = SocketOption(descriptor_, SO_DOMAIN);
  const bool tcp = (domain == AF_INET || domain == AF_INET6) &&
                   SocketOption(descriptor_, SO_TYPE) == SOCK_STREAM &&
                   SocketOption(descriptor_, SO_PROTOCOL) == IPPROTO_TCP;
  entry_.kind = tcp ? DescriptorKind::kTcp : DescriptorKind::kSocket;
}

void Call::ReadSettings(uint32_t generation) {
  const ErrnoKeeper keeper;
  const int flags = UNDERSTUDY_LIBC(fcntl)(descriptor_, F_GETFL);
  entry_.nonblocking = flags >= 0 && (flags & O_NONBLOCK) != 0;
  entry_.receive_timeout_ns = IsSocket() ? TimeoutOf(descriptor_, SO_RCVTIMEO) : 0;
  entry_.send_timeout_ns = IsSocket() ? TimeoutOf(descriptor_, SO_SNDTIMEO) : 0;
  entry_.settings_generation = generation;
}

bool Call::WaitUnwatched(int error, SteadyTime deadline) {
  if (error != EPERM) {
    errno = error;
    return false;
  }
  // Not for epoll: always ready, or too high a number. Try again a little later.
  WakeReason reason = manager_.SleepUntil(manager_.now() + absl::Milliseconds(1), what_);
  if (reason == WakeReason::kTimedOut && manager_.now() < deadline) reason = WakeReason::kReady;
  return (reason == WakeReason::kReady && !IsStale()) || Fail(reason);
}

bool Call::Fail(WakeReason reason) {
  // Ready, and yet it failed: the number is another's now.
  errno = ErrnoOf(reason == WakeReason::kReady ? WakeReason::kClosed : reason, EAGAIN);
  return false;
}

}  // namespace understudy::station_agent::runtime::hooks
