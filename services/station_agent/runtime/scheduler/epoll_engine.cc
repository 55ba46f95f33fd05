#include "services/station_agent/runtime/scheduler/epoll_engine.h"

#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

// System calls are made directly where a hook of the same name exists: the engine is what hooks
// wait in.
namespace understudy::station_agent::runtime {
namespace {

constexpr uint64_t kWakeToken = ~uint64_t{0};
constexpr uint32_t kInterest = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET;

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::abort();  // no descriptors left at the start: nothing can run
}

}  // namespace

EpollEngine::EpollEngine()
    : epoll_(static_cast<int>(syscall(SYS_epoll_create1, EPOLL_CLOEXEC))),
      wake_(static_cast<int>(syscall(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK))) {
  if (epoll_ < 0 || wake_ < 0) Fail("coroutine runtime: epoll");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = kWakeToken;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) Fail("coroutine runtime: eventfd");
}

EpollEngine::~EpollEngine() { AbandonAfterFork(); }

void EpollEngine::AbandonAfterFork() {
  if (epoll_ >= 0) syscall(SYS_close, epoll_);
  if (wake_ >= 0) syscall(SYS_close, wake_);
  epoll_ = wake_ = -1;
}

int EpollEngine::Watch(int descriptor, uint32_t generation) {
  epoll_event event{};
  event.events = kInterest;
  event.data.u64 = (uint64_t{generation} << 32) | static_cast<uint32_t>(descriptor);
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0) return 0;
  if (errno != EEXIST) return errno;
  return epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) == 0 ? 0 : errno;
}

void EpollEngine::Forget(int descriptor) {
  const int saved = errno;
  epoll_event unused{};
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &unused);
  errno = saved;
}

size_t EpollEngine::Wait(absl::Duration timeout, std::span<DescriptorEvent> events) {
  const int count = WaitRaw(timeout, static_cast<int>(std::min(events.size(), kBatch)));
  size_t filled = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = raw_[static_cast<size_t>(i)];
    if (event.data.u64 == kWakeToken) continue;
    events[filled++] = DescriptorEvent{static_cast<int>(event.data.u64),
                                       static_cast<uint32_t>(event.data.u64 >> 32), event.events};
  }
  return filled;
}

int EpollEngine::WaitRaw(absl::Duration timeout, int limit) {
  if (timeout == absl::ZeroDuration()) {
    return static_cast<int>(syscall(SYS_epoll_pwait, epoll_, raw_.data(), limit, 0, nullptr, 8));
  }
  if (timeout == absl::InfiniteDuration()) {
    return static_cast<int>(syscall(SYS_epoll_pwait, epoll_, raw_.data(), limit, -1, nullptr, 8));
  }
#ifdef SYS_epoll_pwait2
  if (has_nanoseconds_) {
    const timespec wait = absl::ToTimespec(std::min(timeout, absl::Hours(1)));
    const auto count = syscall(SYS_epoll_pwait2, epoll_, raw_.data(), limit, &wait, nullptr, 8);
    if (count >= 0 || errno != ENOSYS) return static_cast<int>(count);
    has_nanoseconds_ = false;
  }
#endif
  const auto milliseconds = absl::ToInt64Milliseconds(
      absl::Ceil(std::min(timeout, absl::Hours(1)), absl::Milliseconds(1)));
  return static_cast<int>(syscall(SYS_epoll_pwait, epoll_, raw_.data(), limit,
                                  static_cast<int>(milliseconds), nullptr, 8));
}

void EpollEngine::Wake() {
  const uint64_t one = 1;
  const int saved = errno;
  [[maybe_unused]] const auto written = syscall(SYS_write, wake_, &one, sizeof(one));
  errno = saved;
}

}  // namespace understudy::station_agent::runtime
