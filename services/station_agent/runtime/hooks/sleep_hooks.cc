// sleep, usleep, nanosleep, clock_nanosleep, thrd_sleep.

#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "services/station_agent/runtime/hooks/hook_support.h"

namespace understudy::station_agent::runtime::hooks {
namespace {

// The most that Abseil sleeps between two attempts at a lock (it measures the machine first).
constexpr absl::Duration kSpinningSleep = absl::Milliseconds(1);

bool IsValid(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < 1'000'000'000;
}

// Returns 0, or ECANCELED with what was left in `left`.
int SleepFor(Manager& manager, absl::Duration duration, absl::Duration* left) {
  if (duration <= absl::ZeroDuration()) {
    manager.Yield();
    return 0;
  }
  const SteadyTime end = manager.now() + duration;
  if (manager.SleepUntil(end) != WakeReason::kCancelled) return 0;
  *left = std::max(end - manager.now(), absl::ZeroDuration());
  return ECANCELED;
}

// Until `clock` shows `time`. A clock that may be set is looked at again once a second, so that the
// sleep ends at the right moment of that clock, as the kernel does it.
int SleepUntilClock(Manager& manager, clockid_t clock, const timespec& time) {
  const absl::Duration target = absl::DurationFromTimespec(time);
  while (true) {
    timespec now{};
    if (clock_gettime(clock, &now) != 0) return EINVAL;
    const absl::Duration left = target - absl::DurationFromTimespec(now);
    if (left <= absl::ZeroDuration()) return 0;
    const bool settable = clock == CLOCK_REALTIME || clock == CLOCK_TAI;
    const absl::Duration step = settable ? std::min(left, absl::Seconds(1)) : left;
    if (manager.SleepUntil(manager.now() + step) == WakeReason::kCancelled) return ECANCELED;
  }
}

int Nanosleep(Manager& manager, const timespec* request, timespec* remaining) {
  absl::Duration left;
  const int error = SleepFor(manager, absl::DurationFromTimespec(*request), &left);
  if (error != 0 && remaining != nullptr) *remaining = absl::ToTimespec(left);
  return error;
}

}  // namespace
}  // namespace understudy::station_agent::runtime::hooks

namespace hooks = understudy::station_agent::runtime::hooks;
using understudy::station_agent::runtime::HookFamily;
using understudy::station_agent::runtime::hooks::kSpinningSleep;

extern "C" {


unsigned int sleep(unsigned int seconds) {
  auto* manager = hooks::Active(HookFamily::kSleep);
  if (manager == nullptr) return UNDERSTUDY_LIBC(sleep)(seconds);
  absl::Duration left;
  if (hooks::SleepFor(*manager, absl::Seconds(seconds), &left) == 0) return 0;
  return static_cast<unsigned int>(absl::ToInt64Seconds(absl::Ceil(left, absl::Seconds(1))));
}

int usleep(useconds_t microseconds) {
  auto* manager = hooks::Active(HookFamily::kSleep);
  if (manager == nullptr) return UNDERSTUDY_LIBC(usleep)(microseconds);
  absl::Duration left;
  const int error = hooks::SleepFor(*manager, absl::Microseconds(microseconds), &left);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

int nanosleep(const timespec* request, timespec* remaining) {
  auto* manager = hooks::Active(HookFamily::kSleep);
  if (manager == nullptr || !hooks::IsValid(*request)) {
    return UNDERSTUDY_LIBC(nanosleep)(request, remaining);
  }
  const int error = hooks::Nanosleep(*manager, request, remaining);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* request, timespec* remaining) {
  auto* manager = hooks::Active(HookFamily::kSleep);
  const bool known = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
                     clock == CLOCK_BOOTTIME || clock == CLOCK_TAI;
  if (manager == nullptr || !known || !hooks::IsValid(*request)) {
    return UNDERSTUDY_LIBC(clock_nanosleep)(clock, flags, request, remaining);
  }
  if ((flags & TIMER_ABSTIME) != 0) return hooks::SleepUntilClock(*manager, clock, *request);
  return hooks::Nanosleep(*manager, request, remaining);
}

int thrd_sleep(const timespec* request, timespec* remaining) {
  auto* manager = hooks::Active(HookFamily::kSleep);
  if (manager == nullptr || !hooks::IsValid(*request)) {
    return UNDERSTUDY_LIBC(thrd_sleep)(request, remaining);
  }
  return hooks::Nanosleep(*manager, request, remaining) == 0 ? 0 : -1;
}

// Abseil's locks spin with these two, also while another lock is held. Giving a coroutine's turn
// away there could let another one of the same thread wait for that lock, for ever. For the same
// reason sched_yield has no hook.
void ABSL_INTERNAL_C_SYMBOL(AbslInternalMutexYield)() { syscall(SYS_sched_yield); }

void ABSL_INTERNAL_C_SYMBOL(AbslInternalSleepFor)(absl::Duration duration) {
  const timespec time = absl::ToTimespec(std::min(duration, absl::Hours(24 * 365)));
  if (duration <= kSpinningSleep) {
    UNDERSTUDY_LIBC(nanosleep)(&time, nullptr);
  } else {
    nanosleep(&time, nullptr);
  }
}

}  // extern "C"
