#ifndef UNDERSTUDY_COMMON_TIME_SYSTEM_CLOCK_H_
#define UNDERSTUDY_COMMON_TIME_SYSTEM_CLOCK_H_

#include "common/time/clock.h"

namespace understudy {

// The machine's clocks. SteadyNow is CLOCK_BOOTTIME, which, unlike CLOCK_MONOTONIC, also counts the
// time that the machine was suspended: a lease must run out during a suspension.
class SystemClock final : public Clock {
 public:
  SteadyTime SteadyNow() const override;
  absl::Time WallNow() const override;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_TIME_SYSTEM_CLOCK_H_
