#ifndef UNDERSTUDY_COMMON_TIME_STEADY_COND_VAR_H_
#define UNDERSTUDY_COMMON_TIME_STEADY_COND_VAR_H_

#include <algorithm>
#include <condition_variable>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace understudy {

// A condition variable whose time limits follow the steady clock. absl::CondVar's end at a moment
// of the wall clock: one that is set back by hours during a wait makes that wait last for hours. To
// be used wherever a wait that nobody may signal has a limit. Thread-safe.
class SteadyCondVar {
 public:
  // As absl::CondVar's calls of the same names; the mutex must be held. Wakes for no reason too.
  //
  // Without a limit there is no clock to follow. Abseil hands a waiter that is signalled under
  // its mutex on to that; the standard's wakes at once, to find it taken and sleep again.
  void Wait(absl::Mutex* mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { unlimited_.Wait(mutex); }
  // True when the time is over.
  bool WaitWithTimeout(absl::Mutex* mutex, absl::Duration timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    // More would overflow a time_point; the caller looks again then.
    const absl::Duration limit = std::min(timeout, absl::Hours(24 * 365));
    Held held(mutex);
    return limited_.wait_for(held, absl::ToChronoNanoseconds(limit)) == std::cv_status::timeout;
  }
  void Signal() {
    unlimited_.Signal();
    limited_.notify_one();
  }
  void SignalAll() {
    unlimited_.SignalAll();
    limited_.notify_all();
  }

 private:
  // absl::Mutex by the standard's names.
  class Held {
   public:
    explicit Held(absl::Mutex* mutex) : mutex_(mutex) {}
    void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_->Lock(); }
    void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_->Unlock(); }

   private:
    absl::Mutex* const mutex_;
  };

  absl::CondVar unlimited_;
  std::condition_variable_any limited_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_TIME_STEADY_COND_VAR_H_
