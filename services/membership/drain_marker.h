#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_DRAIN_MARKER_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_DRAIN_MARKER_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/time/time.h"
#include "common/time/steady_time.h"

namespace understudy::membership {

// Until when the receiver has read everything that arrived. A failure detector that judges by this
// time never blames a station for a beat that lies unread in the socket. Pure; not thread-safe.
//
// Finding the socket empty says it outright. Under a load that never lets it run empty, the bound
// of its buffer says it: after as many packets as fit into it were read, all that was in it at the
// start is read.
class DrainMarker {
 public:
  // `capacity` packets at most fit into the socket's buffer; under load the mark moves in steps of
  // `step` or more.
  DrainMarker(uint64_t capacity, absl::Duration step) : capacity_(capacity), step_(step) {}

  // A read that was begun at `begun` gave `packets`, all worked off now; `emptied` when there were
  // no more.
  void OnRead(SteadyTime begun, uint64_t packets, bool emptied);

  // Never goes back.
  SteadyTime drained_until() const { return drained_until_; }

 private:
  struct Mark {
    SteadyTime time;
    // Packets read before it.
    uint64_t packets;
  };
  static constexpr size_t kMaxMarks = 1024;

  const uint64_t capacity_;
  const absl::Duration step_;
  uint64_t packets_ = 0;
  std::deque<Mark> marks_;
  SteadyTime drained_until_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_DRAIN_MARKER_H_
