#include "common/time/system_clock.h"

#include <ctime>

#include "absl/time/clock.h"

namespace understudy {

SteadyTime SystemClock::SteadyNow() const {
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return SteadyTime::FromNanoseconds(int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

absl::Time SystemClock::WallNow() const { return absl::Now(); }

}  // namespace understudy
