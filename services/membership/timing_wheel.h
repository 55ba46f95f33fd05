#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_TIMING_WHEEL_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_TIMING_WHEEL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "common/time/steady_time.h"
#include "services/membership/heard_times.h"

namespace understudy::membership {

// When to look at which slot: a ring of buckets, each a linked list through the slots themselves.
// Setting, moving and removing a slot cost the same however many there are. A time further away
// than the ring is long comes up early, and its owner sets it again. Pure; not thread-safe.
class TimingWheel {
 public:
  // Times are rounded up to multiples of `resolution`. `slots` is the number of slots.
  TimingWheel(absl::Duration resolution, size_t slots);

  // A slot has at most one time; setting it again moves it. A time that has passed comes up at the
  // next TakeDue.
  void Set(Slot slot, SteadyTime time);
  void Remove(Slot slot);
  // Removes and returns the slots whose time has come, in the order of the slots. `now` must not go
  // back.
  std::vector<Slot> TakeDue(SteadyTime now);

 private:
  static constexpr uint32_t kBuckets = 1024;

  int64_t TurnOf(SteadyTime time) const;
  void TakeBucket(int64_t turn, std::vector<Slot>& due);

  const int64_t resolution_ns_;
  // The last turn taken.
  int64_t turn_ = 0;
  bool started_ = false;
  std::vector<Slot> heads_;
  struct Link {
    Slot next = kNoSlot;
    Slot previous = kNoSlot;
    uint32_t bucket = kBuckets;  // None.
  };
  std::vector<Link> links_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_TIMING_WHEEL_H_
