#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_OBSERVER_STALLS_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_OBSERVER_STALLS_H_

#include <cstddef>
#include <deque>

#include "absl/time/time.h"
#include "common/time/steady_time.h"

namespace understudy::membership {

// Our own absences. While the observer did not look (starved of CPU, stopped, suspended) nobody can
// be blamed for a silence, so every deadline that ran meanwhile is longer by that time. Pure.
class ObserverStalls {
 public:
  // Looks are expected every `period`; one that comes more than `tolerance` late is a stall.
  // Stalls that ended more than `memory` ago are forgotten.
  ObserverStalls(absl::Duration period, absl::Duration tolerance, absl::Duration memory)
      : period_(period), tolerance_(tolerance), memory_(memory) {}

  // The observer looks now. Returns how long it was absent; mostly zero.
  absl::Duration Look(SteadyTime now);
  // How much of the time since `since` the observer was absent.
  absl::Duration AbsentSince(SteadyTime since) const;

 private:
  struct Stall {
    SteadyTime end;
    absl::Duration length;
  };
  // When there are more, the oldest is forgotten.
  static constexpr size_t kMaxStalls = 256;

  const absl::Duration period_;
  const absl::Duration tolerance_;
  const absl::Duration memory_;
  bool started_ = false;
  SteadyTime last_look_;
  std::deque<Stall> stalls_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_OBSERVER_STALLS_H_
