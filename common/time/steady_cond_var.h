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
  void Wait(absl::Mutex* mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    Held held(mutex);
    condition_.wait(held);
  }
  // True when the time is over.
  bool WaitWithTimeout(absl::Mutex* mutex, absl::Duration timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    // More would overflow a time_point; the caller looks again then.
    const absl::Duration limit = std::min(timeout, absl::Hours(24 * 365));
    Held held(mutex);
    return condition_.wait_for(held, absl::ToChronoNanoseconds(limit)) == std::cv_status::timeout;
  }
  void Signal() { condition_.notify_one(); }
  void SignalAll() { condition_.notify_all(); }

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

  std::condition_variable_any condition_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_TIME_STEADY_COND_VAR_H_
