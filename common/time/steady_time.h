#ifndef UNDERSTUDY_COMMON_TIME_STEADY_TIME_H_
#define UNDERSTUDY_COMMON_TIME_STEADY_TIME_H_

#include <compare>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace understudy {

// A point on a clock that never goes back and has no calendar: for deadlines, leases and failure
// detection. Comparable only within one machine's boot (or one simulated world). Nanoseconds in
// 64 bits: 292 years. Arithmetic saturates at Infinite().
class SteadyTime {
 public:
  constexpr SteadyTime() = default;

  static constexpr SteadyTime FromNanoseconds(int64_t nanoseconds) {
    return SteadyTime(nanoseconds);
  }
  // Later than every other time: "never".
  static constexpr SteadyTime Infinite() {
    return SteadyTime(std::numeric_limits<int64_t>::max());
  }

  constexpr int64_t nanoseconds() const { return nanoseconds_; }
  constexpr bool is_infinite() const { return *this == Infinite(); }

  friend constexpr auto operator<=>(SteadyTime, SteadyTime) = default;

  friend SteadyTime operator+(SteadyTime time, absl::Duration duration) {
    const int64_t delta = absl::ToInt64Nanoseconds(duration);
    int64_t sum = 0;
    if (time.is_infinite() || __builtin_add_overflow(time.nanoseconds_, delta, &sum)) {
      return Infinite();
    }
    return SteadyTime(sum);
  }
  friend SteadyTime operator-(SteadyTime time, absl::Duration duration) {
    return time + (-duration);
  }
  friend absl::Duration operator-(SteadyTime later, SteadyTime earlier) {
    return absl::Nanoseconds(later.nanoseconds_) - absl::Nanoseconds(earlier.nanoseconds_);
  }

 private:
  explicit constexpr SteadyTime(int64_t nanoseconds) : nanoseconds_(nanoseconds) {}

  int64_t nanoseconds_ = 0;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_TIME_STEADY_TIME_H_
