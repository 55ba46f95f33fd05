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
  ssize_t Retry(Direction direction, Attempt attempt) {
    const int errno_before = errno;
    if (direction == Direction::kSend || !KnownToBeDrained()) {
      const ssize_t result = attempt();
      if (result >= 0 || errno != EAGAIN) return result;
    }
    while (true) {
      if (!Wait(direction)) return -1;
      const ssize_t result = attempt();
      if (result < 0 && errno == EAGAIN) continue;
      if (result >= 0) errno = errno_before;  // a success leaves errno alone
      return result;
    }
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
  bool Wait(Direction direction);
  bool WaitUntil(uint32_t events, SteadyTime deadline);
  // When a wait in `direction` that begins now must end.
  SteadyTime Deadline(Direction direction);

  // The kind was wrong: the number was reused in a way that no hook saw.
  void Forget() { entry_.Reset(generation_); }
  void PollFirst() { entry_.kind = DescriptorKind::kTerminal; }
  Manager& manager() { return manager_; }
  int descriptor() const { return descriptor_; }

 private:
  void Classify();
  void ClassifySocket();
  void RefreshSettings();
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

// Calls `attempt(done)` until `size` bytes are through, as blocking writes do: a failure counts
// only when nothing was written before it.
template <typename Attempt>
ssize_t TransferAll(Call& call, size_t size, Attempt attempt) {
  size_t done = 0;
  size_t since_turn = 0;
  while (true) {
    const ssize_t result = call.Retry(Direction::kSend, [&] { return attempt(done); });
    if (result < 0) return done > 0 ? static_cast<ssize_t>(done) : -1;
    done += static_cast<size_t>(result);
    since_turn += static_cast<size_t>(result);
    if (done >= size || result == 0) return static_cast<ssize_t>(done);
    if (call.UserNonblocking()) return static_cast<ssize_t>(done);
    if (since_turn >= kTurn) {
      since_turn = 0;
      call.manager().Yield();
    }
  }
}

}  // namespace understudy::station_agent::runtime::hooks

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_HOOK_SUPPORT_H_
