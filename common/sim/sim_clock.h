#ifndef UNDERSTUDY_COMMON_SIM_SIM_CLOCK_H_
#define UNDERSTUDY_COMMON_SIM_SIM_CLOCK_H_

#include <cstdint>

#include "common/sim/sim_loop.h"
#include "common/time/clock.h"

namespace understudy {

// A node's own clock, which may go wrong: it runs faster or slower than the world by a fixed number
// of parts per million, and its calendar is off by a fixed time.
class SimClock final : public Clock {
 public:
  // `loop` must outlive the clock. `drift_ppm` is above -1,000,000.
  SimClock(SimLoop& loop, int64_t drift_ppm, absl::Duration wall_offset)
      : loop_(loop), origin_(loop.now()), drift_ppm_(drift_ppm), wall_offset_(wall_offset) {}

  SteadyTime SteadyNow() const override;
  absl::Time WallNow() const override { return loop_.clock().WallNow() + wall_offset_; }

  // The first moment of the world at which this clock shows `time` or later.
  SteadyTime WorldTimeOf(SteadyTime time) const;

 private:
  SimLoop& loop_;
  const SteadyTime origin_;
  const int64_t drift_ppm_;
  const absl::Duration wall_offset_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_SIM_SIM_CLOCK_H_
