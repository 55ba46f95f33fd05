#include "services/membership/observer_stalls.h"

#include <algorithm>

namespace understudy::membership {

absl::Duration ObserverStalls::Look(SteadyTime now) {
  const absl::Duration late = started_ ? now - last_look_ - period_ : absl::ZeroDuration();
  last_look_ = started_ ? std::max(last_look_, now) : now;
  started_ = true;
  while (!stalls_.empty() && now - stalls_.front().end > memory_) stalls_.pop_front();
  if (late <= tolerance_) return absl::ZeroDuration();
  stalls_.push_back({.end = now, .length = late});
  if (stalls_.size() > kMaxStalls) stalls_.pop_front();
  return late;
}

absl::Duration ObserverStalls::AbsentSince(SteadyTime since) const {
  absl::Duration absent;
  for (auto stall = stalls_.rbegin(); stall != stalls_.rend() && stall->end > since; ++stall) {
    absent += std::min(stall->length, stall->end - since);
  }
  return absent;
}

}  // namespace understudy::membership
