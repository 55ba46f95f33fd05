#include "common/time/simulated_clock.h"

#include <algorithm>

namespace understudy {

SteadyTime SimulatedClock::SteadyNow() const {
  absl::MutexLock lock(&mutex_);
  return steady_;
}

absl::Time SimulatedClock::WallNow() const {
  absl::MutexLock lock(&mutex_);
  return wall_;
}

void SimulatedClock::Advance(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  duration = std::max(duration, absl::ZeroDuration());
  steady_ = steady_ + duration;
  wall_ += duration;
}

void SimulatedClock::AdvanceTo(SteadyTime time) { Advance(time - SteadyNow()); }

void SimulatedClock::StepWall(absl::Duration step) {
  absl::MutexLock lock(&mutex_);
  wall_ += step;
}

}  // namespace understudy
