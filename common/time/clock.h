#ifndef UNDERSTUDY_COMMON_TIME_CLOCK_H_
#define UNDERSTUDY_COMMON_TIME_CLOCK_H_

#include "absl/time/time.h"
#include "common/time/steady_time.h"

namespace understudy {

// Where time comes from. Thread-safe. Pure cores do not hold a Clock: they are given times.
class Clock {
 public:
  virtual ~Clock() = default;

  // For deadlines, leases, failure detection and durations.
  virtual SteadyTime SteadyNow() const = 0;
  // Only for what people read: it may jump.
  virtual absl::Time WallNow() const = 0;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_TIME_CLOCK_H_
