#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_HOOK_SUPPORT_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_HOOK_SUPPORT_H_

#include <poll.h>
#include <sys/epoll.h>
#include <sys/types.h>

#include <cerrno>

#include "services/station_agent/runtime/hooks/libc.h"
#include "services/station_agent/runtime/scheduler/descriptor_registry.h"
#include "services/station_agent/runtime/scheduler/manager.h"

// What the hooks share. A hooked call tries without blocking; when there is nothing to do yet it
// parks the coroutine until epoll reports a change, and tries again. O_NONBLOCK is not used for
// that (it belongs to the open file, which others may share), but per-call flags: MSG_DONTWAIT and
// RWF_NOWAIT; where a call has none, poll is asked first.
//
// What lies between a hook and its system call is inlined: where the kernel empties the processor's
// stack of return addresses, as it does against speculative attacks, each return that follows a
// system call is mispredicted.
namespace understudy::station_agent::runtime::hooks {

// The manager whose coroutine calls, or null: then the hook is inert.
inline Manager* Active() {
  Manager* manager = Manager::Current();
  return manager != nullptr && manager->current() != nullptr ? manager : nullptr;
}

inline Manager* Active(HookFamily family) {
  Manager* manager = Active();
  if (manager != nullptr) manager->CountHook(family);
  return manager;
}

enum class Direction { kReceive, kSend };

// One call on one descriptor.
class Call {
 public:
  Call(Manager& manager, int descriptor, const char* what)
      : manager_(manager),
        descriptor_(descriptor),
        what_(what),
        entry_(manager.Descriptor(descriptor)),
        generation_(entry_.generation) {}

  // kUnknown when it is no open descriptor.
  DescriptorKind Kind() {
    if (entry_.kind == DescriptorKind::kUnknown) Classify();
    return entry_.kind;
  }
  bool IsSocket() {
    return Kind() == DescriptorKind::kTcp || entry_.kind == DescriptorKind::kSocket;
  }
  // Whether the user set O_NONBLOCK.
  bool UserNonblocking() {
    RefreshSettings();
    return entry_.nonblocking;
  }

  // Calls `attempt` until it gives something else than EAGAIN, waiting in between. With a time-out
  // of the socket that passes it fails with EAGAIN, as without a runtime.
  template <typename Attempt>
  [[gnu::always_inline]] ssize_t Retry(Direction direction, Attempt attempt) {
    const int error_before = manager_.error();
    if (direction == Direction::kSend || !KnownToBeDrained()) {
      const ssize_t result = attempt();
      if (result >= 0 || manager_.error() != EAGAIN) return result;
    }
    return RetryAfterWait(direction, attempt, error_before);
  }

  // Notes how much of what was asked for a read from a stream socket brought: less means that
  // nothing is left.
  void NoteReceived(ssize_t received, size_t asked) {
    if (received > 0 && static_cast<size_t>(received) < asked && CanBeDrained()) {
      entry_.drained = true;
    }
  }

  // Waits until `direction` may work. False, with errno set: the user wants no waiting or the
  // time-out passed (EAGAIN), the coroutine was cancelled (ECANCELED), the descriptor was closed
  // (EBADF).
  bool Wait(Direction direction) {
    if (UserNonblocking()) {
      errno = EAGAIN;
      return false;
    }
    if (!has_deadline_) {
      deadline_ = Deadline(direction);
      has_deadline_ = true;
    }
    return WaitUntil(direction == Direction::kReceive ? EPOLLIN : EPOLLOUT, deadline_);
  }
  bool WaitUntil(uint32_t events, SteadyTime deadline) {
    const int error = manager_.Watch(descriptor_, entry_);
    if (error != 0) [[unlikely]] {
      return WaitUnwatched(error, deadline);
    }
    const WakeReason reason = manager_.WaitFor(descriptor_, entry_, events, deadline, what_);
    return (reason == WakeReason::kReady && !IsStale()) || Fail(reason);
  }
  // When a wait in `direction` that begins now must end.
  SteadyTime Deadline(Direction direction) {
    RefreshSettings();
    const int64_t timeout =
        direction == Direction::kReceive ? entry_.receive_timeout_ns : entry_.send_timeout_ns;
    if (timeout == 0) [[likely]] {
      return SteadyTime::Infinite();
    }
    return manager_.now() + absl::Nanoseconds(timeout);
  }

  // The kind was wrong: the number was reused in a way that no hook saw.
  void Forget() { entry_.Reset(generation_); }
  void PollFirst() { entry_.kind = DescriptorKind::kTerminal; }
  Manager& manager() { return manager_; }
  int descriptor() const { return descriptor_; }

 private:
  [[gnu::cold]] void Classify();
  void ClassifySocket();
  void RefreshSettings() {
    const uint32_t now = descriptor_registry::SettingsGeneration();
    if (entry_.settings_generation != now) ReadSettings(now);
  }
  [[gnu::cold]] void ReadSettings(uint32_t generation);
  // What epoll would not watch, because of `error`.
  [[gnu::cold]] bool WaitUnwatched(int error, SteadyTime deadline);
  bool IsStale() const { return descriptor_registry::GenerationOf(descriptor_) != generation_; }
  [[gnu::cold]] bool Fail(WakeReason reason);
  template <typename Attempt>
  [[gnu::always_inline]] ssize_t RetryAfterWait(Direction direction, Attempt& attempt,
                                                int error_before) {
    while (true) {
      if (!Wait(direction)) return -1;
      const ssize_t result = attempt();
      if (result < 0 && manager_.error() == EAGAIN) continue;
      if (result >= 0) manager_.error() = error_before;  // a success leaves errno alone
      return result;
    }
  }
  bool CanBeDrained() const {
    return entry_.watched && entry_.kind == DescriptorKind::kTcp && !entry_.always_try;
  }
  // Whether a read would find nothing, so that the attempt can be saved.
  bool KnownToBeDrained() {
    return entry_.drained && CanBeDrained() &&
           entry_.settings_generation == descriptor_registry::SettingsGeneration() &&
           !entry_.nonblocking;
  }

  Manager& manager_;
  const int descriptor_;
  const char* const what_;
  DescriptorEntry& entry_;
  const uint32_t generation_;
  SteadyTime deadline_;
  bool has_deadline_ = false;
};

// Sets errno for a wait that did not end with kReady.
int ErrnoOf(WakeReason reason, int timed_out);

// Whether poll says `events` right now.
bool IsReady(int descriptor, short events);

// After this many bytes in one call the others get a turn.
inline constexpr size_t kTurn = 256 * 1024;

// What TransferAll does when `done` bytes went at once.
template <typename Attempt>
[[gnu::noinline, gnu::cold]] ssize_t TransferRest(Call& call, size_t size, Attempt& attempt,
                                                  size_t done) {
  size_t since_turn = done;
  while (!call.UserNonblocking()) {
    if (since_turn >= kTurn) {
      since_turn = 0;
      call.manager().Yield();
    }
    const ssize_t result = call.Retry(Direction::kSend, [&] { return attempt(done); });
    if (result <= 0) break;
    done += static_cast<size_t>(result);
    since_turn += static_cast<size_t>(result);
    if (done >= size) break;
  }
  return static_cast<ssize_t>(done);
}

// Calls `attempt(done)` until `size` bytes are through, as blocking writes do: a failure counts
// only when nothing was written before it.
template <typename Attempt>
[[gnu::always_inline]] inline ssize_t TransferAll(Call& call, size_t size, Attempt attempt) {
  const ssize_t first = call.Retry(Direction::kSend, [&] { return attempt(0); });
  if (first <= 0 || static_cast<size_t>(first) >= size) [[likely]] {
    return first;
  }
  return TransferRest(call, size, attempt, static_cast<size_t>(first));
}

}  // namespace understudy::station_agent::runtime::hooks

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_HOOK_SUPPORT_H_
