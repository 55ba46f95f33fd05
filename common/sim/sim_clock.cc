#include "common/sim/sim_clock.h"

namespace understudy {
namespace {

// 128 bits: nanoseconds times a million do not fit into 64 after some hours.
__extension__ using Wide = __int128;
constexpr Wide kMillion = 1'000'000;

}  // namespace

SteadyTime SimClock::SteadyNow() const {
  const Wide elapsed = loop_.now().nanoseconds() - origin_.nanoseconds();
  const Wide shown = elapsed * (kMillion + drift_ppm_) / kMillion;
  return SteadyTime::FromNanoseconds(origin_.nanoseconds() + static_cast<int64_t>(shown));
}

SteadyTime SimClock::WorldTimeOf(SteadyTime time) const {
  if (time.is_infinite() || time <= origin_) return time;
  const Wide shown = time.nanoseconds() - origin_.nanoseconds();
  const Wide rate = kMillion + drift_ppm_;
  const Wide elapsed = (shown * kMillion + rate - 1) / rate;  // rounded up
  const Wide world = elapsed + origin_.nanoseconds();
  if (world >= SteadyTime::Infinite().nanoseconds()) return SteadyTime::Infinite();
  return SteadyTime::FromNanoseconds(static_cast<int64_t>(world));
}

}  // namespace understudy
