// connect, accept, recv, send and their relatives.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "services/station_agent/runtime/hooks/hook_support.h"
#include "services/station_agent/runtime/sync/spin_lock.h"

namespace understudy::station_agent::runtime::hooks {
namespace {

// connect and accept have no flag for a single call that does not wait, so O_NONBLOCK is set for
// the moment of the call. Two such moments must not overlap: the open file may be the same.
SpinLock nonblocking_moment;
std::atomic<int> nonblocking_moments{0};

class NonblockingMoment {
 public:
  explicit NonblockingMoment(int descriptor) : guard_(nonblocking_moment), descriptor_(descriptor) {
    flags_ = UNDERSTUDY_LIBC(fcntl)(descriptor, F_GETFL);
    nonblocking_moments.fetch_add(1);
    if (flags_ >= 0) UNDERSTUDY_LIBC(fcntl)(descriptor, F_SETFL, flags_ | O_NONBLOCK);
  }
  ~NonblockingMoment() {
    const int saved = errno;
    if (flags_ >= 0) UNDERSTUDY_LIBC(fcntl)(descriptor_, F_SETFL, flags_);
    errno = saved;
  }

 private:
  SpinGuard guard_;
  int descriptor_;
  int flags_;
};

int ConnectAtOnce(int descriptor, const sockaddr* address, socklen_t size) {
  const NonblockingMoment moment(descriptor);
  return UNDERSTUDY_LIBC(connect)(descriptor, address, size);
}

// A Unix socket whose peer's queue is full says EAGAIN and offers nothing to wait for.
int ConnectToFullQueue(Call& call, const sockaddr* address, socklen_t size) {
  const SteadyTime deadline = call.Deadline(Direction::kSend);
  absl::Duration pause = absl::Milliseconds(1);
  while (true) {
    const SteadyTime next = std::min(deadline, call.manager().now() + pause);
    if (call.manager().SleepUntil(next, "connect") == WakeReason::kCancelled) {
      errno = ECANCELED;
      return -1;
    }
    if (ConnectAtOnce(call.descriptor(), address, size) == 0) return 0;
    if (errno != EAGAIN || call.manager().now() >= deadline) return -1;
    pause = std::min(pause * 2, absl::Milliseconds(64));
  }
}

int Connect(Manager& manager, int descriptor, const sockaddr* address, socklen_t size) {
  Call call(manager, descriptor, "connect");
  if (!call.IsSocket() || call.UserNonblocking()) {
    return UNDERSTUDY_LIBC(connect)(descriptor, address, size);
  }
  if (ConnectAtOnce(descriptor, address, size) == 0) return 0;
  if (errno == EAGAIN) return ConnectToFullQueue(call, address, size);
  if (errno != EINPROGRESS && errno != EALREADY) return -1;
  const SteadyTime deadline = call.Deadline(Direction::kSend);
  while (!IsReady(descriptor, POLLOUT)) {
    if (call.WaitUntil(EPOLLOUT, deadline)) continue;
    if (errno == EAGAIN) errno = EINPROGRESS;  // as the kernel says when SO_SNDTIMEO passes
    return -1;
  }
  // Asking again gives the outcome, and lets the socket know that it was told.
  return ConnectAtOnce(descriptor, address, size);
}

int AcceptAtOnce(int descriptor, sockaddr* address, socklen_t* size, int flags) {
  // Most calls come too early: find out without touching the open file's flags.
  if (!IsReady(descriptor, POLLIN)) {
    errno = EAGAIN;
    return -1;
  }
  const NonblockingMoment moment(descriptor);
  return UNDERSTUDY_LIBC(accept4)(descriptor, address, size, flags);
}

// What does not listen fails at once.
bool IsListening(int descriptor) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 &&
         listening != 0;
}

int Accept(Manager& manager, int descriptor, sockaddr* address, socklen_t* size, int flags) {
  Call call(manager, descriptor, "accept");
  if (!IsListening(descriptor)) return UNDERSTUDY_LIBC(accept4)(descriptor, address, size, flags);
  return static_cast<int>(call.Retry(Direction::kReceive, [&]() -> ssize_t {
    return AcceptAtOnce(descriptor, address, size, flags);
  }));
}

// A thread without a runtime may call accept in the moment in which a coroutine made the listener
// non-blocking. It wants to block.
bool WasDisturbed(int descriptor, int moments_before) {
  if (errno != EAGAIN || nonblocking_moments.load() == moments_before) return false;
  timeval timeout{};
  socklen_t size = sizeof(timeout);
  getsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, &size);
  const SpinGuard guard(nonblocking_moment);
  const int flags = UNDERSTUDY_LIBC(fcntl)(descriptor, F_GETFL);
  errno = EAGAIN;
  return (flags & O_NONBLOCK) == 0 && timeout.tv_sec == 0 && timeout.tv_usec == 0;
}

int PlainAccept(int descriptor, sockaddr* address, socklen_t* size, int flags) {
  while (true) {
    const int moments = nonblocking_moments.load(std::memory_order_relaxed);
    const int accepted = UNDERSTUDY_LIBC(accept4)(descriptor, address, size, flags);
    if (accepted >= 0 || !WasDisturbed(descriptor, moments)) return accepted;
  }
}

constexpr int kNeverWaitingFlags = MSG_DONTWAIT | MSG_ERRQUEUE | MSG_OOB;

[[gnu::always_inline]] inline ssize_t ReceiveOnce(Call& call, char* buffer, size_t size, int flags,
                                                  sockaddr* address, socklen_t* address_size) {
  const ssize_t received = call.Retry(Direction::kReceive, [&] {
    return UNDERSTUDY_LIBC(recvfrom)(call.descriptor(), buffer, size, flags | MSG_DONTWAIT, address,
                                     address_size);
  });
  if ((flags & MSG_PEEK) == 0) call.NoteReceived(received, size);
  return received;
}

// MSG_WAITALL: until all is there, the stream ends, or an error comes.
ssize_t ReceiveAll(Call& call, char* buffer, size_t size, int flags) {
  const bool peek = (flags & MSG_PEEK) != 0;
  size_t done = 0;
  while (done < size) {
    const ssize_t received = ReceiveOnce(call, buffer + (peek ? 0 : done),
                                         peek ? size : size - done, flags, nullptr, nullptr);
    if (received < 0) return done > 0 ? static_cast<ssize_t>(done) : -1;
    const bool stuck = received == 0 || (peek && static_cast<size_t>(received) == done);
    done = peek ? static_cast<size_t>(received) : done + static_cast<size_t>(received);
    if (stuck) break;
    if (peek && done < size && !call.Wait(Direction::kReceive)) break;
  }
  return static_cast<ssize_t>(done);
}

[[gnu::always_inline]] inline ssize_t Receive(Manager& manager, int descriptor, void* buffer,
                                              size_t size, int flags, sockaddr* address,
                                              socklen_t* address_size) {
  Call call(manager, descriptor, "recv");
  if (!call.IsSocket() || (flags & kNeverWaitingFlags) != 0) {
    return UNDERSTUDY_LIBC(recvfrom)(descriptor, buffer, size, flags, address, address_size);
  }
  auto* bytes = static_cast<char*>(buffer);
  if ((flags & MSG_WAITALL) != 0 && call.Kind() == DescriptorKind::kTcp) {
    return ReceiveAll(call, bytes, size, flags & ~MSG_WAITALL);
  }
  return ReceiveOnce(call, bytes, size, flags, address, address_size);
}

[[gnu::always_inline]] inline ssize_t Send(Manager& manager, int descriptor, const void* buffer,
                                           size_t size, int flags, const sockaddr* address,
                                           socklen_t address_size) {
  Call call(manager, descriptor, "send");
  if (!call.IsSocket() || (flags & MSG_DONTWAIT) != 0) {
    return UNDERSTUDY_LIBC(sendto)(descriptor, buffer, size, flags, address, address_size);
  }
  const auto* bytes = static_cast<const char*>(buffer);
  return TransferAll(call, size, [&](size_t done) {
    return UNDERSTUDY_LIBC(sendto)(descriptor, bytes + done, size - done, flags | MSG_DONTWAIT,
                                   address, address_size);
  });
}

}  // namespace
}  // namespace understudy::station_agent::runtime::hooks

namespace hooks = understudy::station_agent::runtime::hooks;
using understudy::station_agent::runtime::HookFamily;

extern "C" {

int connect(int descriptor, const sockaddr* address, socklen_t size) {
  auto* manager = hooks::Active(HookFamily::kSocket);
  if (manager == nullptr || descriptor < 0) {
    return UNDERSTUDY_LIBC(connect)(descriptor, address, size);
  }
  return hooks::Connect(*manager, descriptor, address, size);
}

int accept4(int descriptor, sockaddr* address, socklen_t* size, int flags) {
  auto* manager = hooks::Active(HookFamily::kSocket);
  if (manager == nullptr || descriptor < 0) {
    return hooks::PlainAccept(descriptor, address, size, flags);
  }
  return hooks::Accept(*manager, descriptor, address, size, flags);
}

int accept(int descriptor, sockaddr* address, socklen_t* size) {
  return accept4(descriptor, address, size, 0);
}

ssize_t recvfrom(int descriptor, void* buffer, size_t size, int flags, sockaddr* address,
                 socklen_t* address_size) {
  auto* manager = hooks::Active(HookFamily::kSocket);
  if (manager == nullptr || descriptor < 0) {
    return UNDERSTUDY_LIBC(recvfrom)(descriptor, buffer, size, flags, address, address_size);
  }
  return hooks::Receive(*manager, descriptor, buffer, size, flags, address, address_size);
}

ssize_t recv(int descriptor, void* buffer, size_t size, int flags) {
  auto* manager = hooks::Active(HookFamily::kSocket);
  if (manager == nullptr || descriptor < 0) {
    return UNDERSTUDY_LIBC(recv)(descriptor, buffer, size, flags);
  }
  return hooks::Receive(*manager, descriptor, buffer, size, flags, nullptr, nullptr);
}

ssize_t sendto(int descriptor, const void* buffer, size_t size, int flags, const sockaddr* address,
               socklen_t address_size) {
  auto* manager = hooks::Active(HookFamily::kSocket);
  if (manager == nullptr || descriptor < 0) {
    return UNDERSTUDY_LIBC(sendto)(descriptor, buffer, size, flags, address, address_size);
  }
  return hooks::Send(*manager, descriptor, buffer, size, flags, address, address_size);
}

ssize_t send(int descriptor, const void* buffer, size_t size, int flags) {
  auto* manager = hooks::Active(HookFamily::kSocket);
  if (manager == nullptr || descriptor < 0) {
    return UNDERSTUDY_LIBC(send)(descriptor, buffer, size, flags);
  }
  return hooks::Send(*manager, descriptor, buffer, size, flags, nullptr, 0);
}

}  // extern "C"
