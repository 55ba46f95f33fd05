// Shows ThreadSanitizer what Debian's Abseil does. The library is not instrumented, so without this
// every access under an absl::Mutex looks like a race. The locking functions are replaced by ones
// that call the library's own and say what happened before what. Linked into tests by --config=tsan
// only.
//
// Happens-before edges are enough to be rid of the false reports; in exchange, a race between two
// accesses that only chance brought into one lock's order goes unseen.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace {

template <typename Function>
Function Real(const char* symbol) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, symbol));
}

// The library's own function under the same (mangled) name. Members take `this` first.
#define UNDERSTUDY_REAL(symbol, result, ...)                     \
  static const auto real = Real<result (*)(__VA_ARGS__)>(symbol)

void Acquire(const void* object) { __tsan_acquire(const_cast<void*>(object)); }
void Release(const void* object) { __tsan_release(const_cast<void*>(object)); }

// A condition that the library evaluates with the lock held, on whichever thread.
struct Shown {
  const absl::Mutex* mutex;
  const absl::Condition& condition;

  bool operator()() const {
    Acquire(mutex);
    const bool holds = condition.Eval();
    Release(mutex);
    return holds;
  }
};

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  UNDERSTUDY_REAL("_ZN4absl7debian35Mutex4LockEv", void, Mutex*);
  real(this);
  Acquire(this);
}

void Mutex::Unlock() {
  UNDERSTUDY_REAL("_ZN4absl7debian35Mutex6UnlockEv", void, Mutex*);
  Release(this);
  real(this);
}

bool Mutex::TryLock() {
  UNDERSTUDY_REAL("_ZN4absl7debian35Mutex7TryLockEv", bool, Mutex*);
  const bool locked = real(this);
  if (locked) Acquire(this);
  return locked;
}

void Mutex::ReaderLock() {
  UNDERSTUDY_REAL("_ZN4absl7debian35Mutex10ReaderLockEv", void, Mutex*);
  real(this);
  Acquire(this);
}

void Mutex::ReaderUnlock() {
  UNDERSTUDY_REAL("_ZN4absl7debian35Mutex12ReaderUnlockEv", void, Mutex*);
  Release(this);
  real(this);
}

void Mutex::Await(const Condition& condition) {
  UNDERSTUDY_REAL("_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE", void, Mutex*,
                  const Condition&);
  const Shown shown = {this, condition};
  Release(this);
  real(this, Condition(&shown));
  Acquire(this);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  UNDERSTUDY_REAL("_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE", bool,
                  Mutex*, const Condition&, Duration);
  const Shown shown = {this, condition};
  Release(this);
  const bool satisfied = real(this, Condition(&shown), timeout);
  Acquire(this);
  return satisfied;
}

void Mutex::LockWhen(const Condition& condition) {
  UNDERSTUDY_REAL("_ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE", void, Mutex*,
                  const Condition&);
  const Shown shown = {this, condition};
  real(this, Condition(&shown));
  Acquire(this);
}

void CondVar::Wait(Mutex* mutex) {
  UNDERSTUDY_REAL("_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE", void, CondVar*, Mutex*);
  Release(mutex);
  real(this, mutex);
  Acquire(mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  UNDERSTUDY_REAL("_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE", bool,
                  CondVar*, Mutex*, Duration);
  Release(mutex);
  const bool timed_out = real(this, mutex, timeout);
  Acquire(mutex);
  return timed_out;
}

void Notification::Notify() {
  UNDERSTUDY_REAL("_ZN4absl7debian312Notification6NotifyEv", void, Notification*);
  Release(this);
  real(this);
}

void Notification::WaitForNotification() const {
  UNDERSTUDY_REAL("_ZNK4absl7debian312Notification19WaitForNotificationEv", void,
                  const Notification*);
  real(this);
  Acquire(this);
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  UNDERSTUDY_REAL(
      "_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE", bool,
      const Notification*, Duration);
  const bool notified = real(this, timeout);
  if (notified) Acquire(this);
  return notified;
}

ABSL_NAMESPACE_END
}  // namespace absl
