#ifndef UNDERSTUDY_COMMON_TIME_SIMULATED_CLOCK_H_
#define UNDERSTUDY_COMMON_TIME_SIMULATED_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/time/clock.h"

namespace understudy {

// A clock that moves only when told. Thread-safe.
class SimulatedClock final : public Clock {
 public:
  SteadyTime SteadyNow() const override;
  absl::Time WallNow() const override;

  // Moves both clocks. `duration` must not be negative.
  void Advance(absl::Duration duration);
  // Moves the steady clock to `time` (never back) and the wall clock by as much.
  void AdvanceTo(SteadyTime time);
  // Steps the wall clock alone, either way, as an operator or NTP would.
  void StepWall(absl::Duration step);

 private:
  mutable absl::Mutex mutex_;
  SteadyTime steady_ ABSL_GUARDED_BY(mutex_) = SteadyTime::FromNanoseconds(1'000'000'000);
  absl::Time wall_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1'700'000'000);
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_TIME_SIMULATED_CLOCK_H_
