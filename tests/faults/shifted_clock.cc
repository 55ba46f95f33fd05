// Preloaded into a process, it steps that process's wall clock, as an operator or a time server
// steps a machine's, and leaves every other process alone. The file that UNDERSTUDY_CLOCK_SHIFT
// names holds one int64: how many nanoseconds CLOCK_REALTIME is off; it may change at any time.
// Waits until a moment of CLOCK_REALTIME (Abseil's, by futex; pthread's) end when the shifted clock
// shows it: after a step back by hours they last for hours, as they would in earnest. The steady
// clocks are not touched.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {

constexpr int64_t kSecond = 1'000'000'000;
// How late a wait notices a step.
constexpr int64_t kSlice = 20'000'000;

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

const int64_t* MapShift() {
  static const int64_t none = 0;
  const char* const path = getenv("UNDERSTUDY_CLOCK_SHIFT");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return &none;
  void* const mapped = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return mapped == MAP_FAILED ? &none : static_cast<const int64_t*>(mapped);
}

int64_t Shift() {
  static const int64_t* const shift = MapShift();
  return __atomic_load_n(shift, __ATOMIC_RELAXED);
}

int64_t ToNanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }
timespec FromNanoseconds(int64_t nanoseconds) {
  return {.tv_sec = nanoseconds / kSecond, .tv_nsec = nanoseconds % kSecond};
}

int64_t RealNow() {
  static auto* const next = Next<decltype(clock_gettime)>("clock_gettime");
  timespec now = {};
  next(CLOCK_REALTIME, &now);
  return ToNanoseconds(now);
}

// Waits in slices, by `wait`, which is given a moment of the real clock and says whether it came.
template <typename Wait>
void WaitUntil(const timespec& until, Wait wait) {
  for (bool last = false; !last;) {
    const int64_t now = RealNow();
    const int64_t end = ToNanoseconds(until) - Shift();
    last = end <= now + kSlice;
    const timespec slice = FromNanoseconds(last ? end : now + kSlice);
    if (!wait(slice)) return;
  }
}

bool IsWaitUntilRealTime(int operation, const timespec* until) {
  return (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET &&
         (operation & FUTEX_CLOCK_REALTIME) != 0 && until != nullptr;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static auto* const next = Next<decltype(clock_gettime)>("clock_gettime");
  const int result = next(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    *time = FromNanoseconds(ToNanoseconds(*time) + Shift());
  }
  return result;
}

int gettimeofday(timeval* time, void*) noexcept {
  const timespec now = FromNanoseconds(RealNow() + Shift());
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* time) noexcept {
  const time_t now = (RealNow() + Shift()) / kSecond;
  if (time != nullptr) *time = now;
  return now;
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
  static auto* const next = Next<decltype(pthread_cond_timedwait)>("pthread_cond_timedwait");
  // A condition does not tell its clock; a moment before 2001 is one of the steady clock.
  if (until->tv_sec < 1'000'000'000) return next(condition, mutex, until);
  int result = 0;
  WaitUntil(*until, [&](const timespec& slice) {
    result = next(condition, mutex, &slice);
    return result == ETIMEDOUT;
  });
  return result;
}

long syscall(long number, ...) noexcept {
  static auto* const next = Next<long(long, ...)>("syscall");
  va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  const auto [a, b, c, d, e, f] = arguments;
  const auto* const until = reinterpret_cast<const timespec*>(d);
  if (number != SYS_futex || !IsWaitUntilRealTime(static_cast<int>(b), until)) {
    return next(number, a, b, c, d, e, f);
  }
  long result = 0;
  WaitUntil(*until, [&](const timespec& slice) {
    result = next(number, a, b, c, &slice, e, f);
    return result != 0 && errno == ETIMEDOUT;
  });
  return result;
}

}  // extern "C"
