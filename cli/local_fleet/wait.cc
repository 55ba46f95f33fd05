#include "cli/local_fleet/wait.h"

#include <poll.h>

#include <algorithm>

#include "common/time/system_clock.h"

namespace understudy::cli {

SteadyTime SteadyNow() { return SystemClock().SteadyNow(); }

absl::Time WallNow() { return SystemClock().WallNow(); }

void Pause(absl::Duration duration) {
  const int64_t milliseconds =
      absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1)));
  poll(nullptr, 0, static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 3'600'000)));
}

bool WaitFor(absl::Duration timeout, const std::function<bool()>& condition,
             absl::Duration interval) {
  const SteadyTime deadline = SteadyNow() + timeout;
  while (!condition()) {
    if (SteadyNow() >= deadline) return false;
    Pause(interval);
  }
  return true;
}

}  // namespace understudy::cli
