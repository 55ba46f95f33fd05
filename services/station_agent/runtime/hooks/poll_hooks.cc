// poll, ppoll, select, pselect, epoll_wait, epoll_pwait.

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "services/station_agent/runtime/hooks/hook_support.h"

namespace understudy::station_agent::runtime::hooks {
namespace {

uint32_t EventsOf(short poll_events) {
  uint32_t events = 0;
  if ((poll_events & (POLLIN | POLLRDNORM | POLLRDBAND | POLLRDHUP)) != 0) events |= EPOLLIN;
  if ((poll_events & (POLLOUT | POLLWRNORM | POLLWRBAND)) != 0) events |= EPOLLOUT;
  if ((poll_events & POLLPRI) != 0) events |= EPOLLPRI;
  return events;
}

// One waiter on many descriptors. Returns when something happened on one of them.
WakeReason WaitForAny(Manager& manager, const pollfd* polls, size_t count, SteadyTime deadline) {
  Waiter waiter("poll", count == 1 ? polls[0].fd : -1);
  std::vector<DescriptorWait> waits(count);
  SteadyTime latest = deadline;
  for (size_t i = 0; i < count; ++i) {
    if (polls[i].fd < 0) continue;
    DescriptorEntry& entry = manager.Descriptor(polls[i].fd);
    // What epoll does not take is looked at again after a while.
    if (manager.Watch(polls[i].fd, entry) != 0) {
      latest = std::min(latest, manager.now() + absl::Milliseconds(10));
      continue;
    }
    waits[i].waiter = &waiter;
    waits[i].events = EventsOf(polls[i].events);
    waits[i].generation = entry.generation;
    entry.Link(waits[i]);
  }
  WakeReason reason = manager.Park(waiter, latest);
  for (size_t i = 0; i < count; ++i) {
    if (waits[i].waiter != nullptr) manager.Descriptor(polls[i].fd).Unlink(waits[i]);
  }
  if (reason == WakeReason::kTimedOut && latest < deadline) reason = WakeReason::kReady;
  // A closed descriptor is for the next look to report, as POLLNVAL or EBADF.
  return reason == WakeReason::kClosed ? WakeReason::kReady : reason;
}

// Calls `look` (which does not wait) until it finds something, or the deadline.
template <typename Look>
int WaitAndLook(Manager& manager, const pollfd* polls, size_t count, SteadyTime deadline,
                Look look) {
  int found = look();
  if (found != 0) return found;
  if (deadline <= manager.now()) {
    manager.Yield();  // who only looks, in a loop, must not keep the thread
    return 0;
  }
  while (found == 0) {
    const WakeReason reason = WaitForAny(manager, polls, count, deadline);
    if (reason == WakeReason::kCancelled) {
      errno = ECANCELED;
      return -1;
    }
    found = look();
    if (reason == WakeReason::kTimedOut) break;
  }
  return found;
}

SteadyTime DeadlineIn(Manager& manager, int milliseconds) {
  if (milliseconds < 0) return SteadyTime::Infinite();
  return manager.now() + absl::Milliseconds(milliseconds);
}

bool IsValid(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < 1'000'000'000;
}

SteadyTime DeadlineIn(Manager& manager, const timespec* timeout) {
  if (timeout == nullptr) return SteadyTime::Infinite();
  return manager.now() + absl::DurationFromTimespec(*timeout);
}

int Poll(Manager& manager, pollfd* polls, nfds_t count, SteadyTime deadline,
         const sigset_t* signals) {
  return WaitAndLook(manager, polls, count, deadline, [&] {
    const timespec none{};
    return UNDERSTUDY_LIBC(ppoll)(polls, count, &none, signals);
  });
}

// The three sets of one select, kept because the call overwrites them.
class Sets {
 public:
  Sets(int count, fd_set* reads, fd_set* writes, fd_set* excepts)
      : bytes_((static_cast<size_t>(count) + 63) / 64 * 8), sets_{reads, writes, excepts} {
    for (size_t i = 0; i < 3; ++i) {
      if (sets_[i] == nullptr) continue;
      const auto* begin = reinterpret_cast<const char*>(sets_[i]);
      saved_[i].assign(begin, begin + bytes_);
    }
  }
  void Restore() {
    for (size_t i = 0; i < 3; ++i) {
      if (sets_[i] != nullptr) std::memcpy(sets_[i], saved_[i].data(), bytes_);
    }
  }
  std::vector<pollfd> Polls(int count) const {
    static constexpr short kEvents[3] = {POLLIN, POLLOUT, POLLPRI};
    std::vector<pollfd> polls;
    for (int descriptor = 0; descriptor < count; ++descriptor) {
      short events = 0;
      for (size_t i = 0; i < 3; ++i) events |= Has(i, descriptor) ? kEvents[i] : 0;
      if (events != 0) polls.push_back({descriptor, events, 0});
    }
    return polls;
  }

 private:
  bool Has(size_t set, int descriptor) const {
    if (sets_[set] == nullptr) return false;
    const auto byte = static_cast<unsigned char>(saved_[set][static_cast<size_t>(descriptor) / 8]);
    return ((byte >> (descriptor % 8)) & 1) != 0;
  }

  size_t bytes_;
  fd_set* sets_[3];
  std::vector<char> saved_[3];
};

int Select(Manager& manager, int count, fd_set* reads, fd_set* writes, fd_set* excepts,
           SteadyTime deadline, const sigset_t* signals) {
  Sets sets(count, reads, writes, excepts);
  const std::vector<pollfd> polls = sets.Polls(count);
  return WaitAndLook(manager, polls.data(), polls.size(), deadline, [&] {
    sets.Restore();
    const timespec none{};
    return UNDERSTUDY_LIBC(pselect)(count, reads, writes, excepts, &none, signals);
  });
}

int EpollWait(Manager& manager, int descriptor, epoll_event* events, int limit, SteadyTime deadline,
              const sigset_t* signals) {
  // An epoll descriptor is itself readable when it has something to report.
  const pollfd poll{descriptor, POLLIN, 0};
  return WaitAndLook(manager, &poll, 1, deadline, [&] {
    return UNDERSTUDY_LIBC(epoll_pwait)(descriptor, events, limit, 0, signals);
  });
}

}  // namespace
}  // namespace understudy::station_agent::runtime::hooks

namespace hooks = understudy::station_agent::runtime::hooks;
using understudy::SteadyTime;
using understudy::station_agent::runtime::HookFamily;

extern "C" {

int poll(pollfd* polls, nfds_t count, int timeout) {
  auto* manager = hooks::Active(HookFamily::kPoll);
  if (manager == nullptr) return UNDERSTUDY_LIBC(poll)(polls, count, timeout);
  return hooks::Poll(*manager, polls, count, hooks::DeadlineIn(*manager, timeout), nullptr);
}

int ppoll(pollfd* polls, nfds_t count, const timespec* timeout, const sigset_t* signals) {
  auto* manager = hooks::Active(HookFamily::kPoll);
  if (manager == nullptr || (timeout != nullptr && !hooks::IsValid(*timeout))) {
    return UNDERSTUDY_LIBC(ppoll)(polls, count, timeout, signals);
  }
  return hooks::Poll(*manager, polls, count, hooks::DeadlineIn(*manager, timeout), signals);
}

int select(int count, fd_set* reads, fd_set* writes, fd_set* excepts, timeval* timeout) {
  auto* manager = hooks::Active(HookFamily::kPoll);
  if (manager == nullptr || count < 0 ||
      (timeout != nullptr && (timeout->tv_sec < 0 || timeout->tv_usec < 0))) {
    return UNDERSTUDY_LIBC(select)(count, reads, writes, excepts, timeout);
  }
  const SteadyTime deadline = timeout == nullptr
                                  ? SteadyTime::Infinite()
                                  : manager->now() + absl::DurationFromTimeval(*timeout);
  const int found = hooks::Select(*manager, count, reads, writes, excepts, deadline, nullptr);
  if (timeout != nullptr) {
    // Linux's select tells how much was left.
    const absl::Duration left = std::max(deadline - manager->now(), absl::ZeroDuration());
    *timeout = absl::ToTimeval(left);
  }
  return found;
}

int pselect(int count, fd_set* reads, fd_set* writes, fd_set* excepts, const timespec* timeout,
            const sigset_t* signals) {
  auto* manager = hooks::Active(HookFamily::kPoll);
  if (manager == nullptr || count < 0 || (timeout != nullptr && !hooks::IsValid(*timeout))) {
    return UNDERSTUDY_LIBC(pselect)(count, reads, writes, excepts, timeout, signals);
  }
  return hooks::Select(*manager, count, reads, writes, excepts,
                       hooks::DeadlineIn(*manager, timeout), signals);
}

int epoll_pwait(int descriptor, epoll_event* events, int limit, int timeout,
                const sigset_t* signals) {
  auto* manager = hooks::Active(HookFamily::kPoll);
  if (manager == nullptr || descriptor < 0) {
    return UNDERSTUDY_LIBC(epoll_pwait)(descriptor, events, limit, timeout, signals);
  }
  return hooks::EpollWait(*manager, descriptor, events, limit, hooks::DeadlineIn(*manager, timeout),
                          signals);
}

int epoll_wait(int descriptor, epoll_event* events, int limit, int timeout) {
  auto* manager = hooks::Active(HookFamily::kPoll);
  if (manager == nullptr || descriptor < 0) {
    return UNDERSTUDY_LIBC(epoll_wait)(descriptor, events, limit, timeout);
  }
  return hooks::EpollWait(*manager, descriptor, events, limit, hooks::DeadlineIn(*manager, timeout),
                          nullptr);
}

int epoll_pwait2(int descriptor, epoll_event* events, int limit, const timespec* timeout,
                 const sigset_t* signals) {
  auto* manager = hooks::Active(HookFamily::kPoll);
  if (manager == nullptr || descriptor < 0 || (timeout != nullptr && !hooks::IsValid(*timeout))) {
    return UNDERSTUDY_LIBC(epoll_pwait2)(descriptor, events, limit, timeout, signals);
  }
  return hooks::EpollWait(*manager, descriptor, events, limit, hooks::DeadlineIn(*manager, timeout),
                          signals);
}

}  // extern "C"
