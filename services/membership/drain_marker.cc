#include "services/membership/drain_marker.h"

#include <algorithm>

namespace understudy::membership {

void DrainMarker::OnRead(SteadyTime begun, uint64_t packets, bool emptied) {
  if (emptied) {
    drained_until_ = std::max(drained_until_, begun);
    marks_.clear();
    packets_ += packets;
    return;
  }
  if (marks_.empty() || begun - marks_.back().time >= step_) {
    if (marks_.size() < kMaxMarks) marks_.push_back({.time = begun, .packets = packets_});
  }
  packets_ += packets;
  while (!marks_.empty() && packets_ - marks_.front().packets >= capacity_) {
    drained_until_ = std::max(drained_until_, marks_.front().time);
    marks_.pop_front();
  }
}

}  // namespace understudy::membership
