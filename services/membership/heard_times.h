#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_HEARD_TIMES_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_HEARD_TIMES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/time/steady_time.h"

namespace understudy::membership {

// Index of a session in the session table, and of whatever else is kept per session.
using Slot = uint32_t;
inline constexpr Slot kNoSlot = ~Slot{0};

// When each slot was last heard. The one thing that a beat changes and the failure detector reads,
// so the two threads meet here, in single words, and nowhere else. Thread-safe; slots are not
// ordered among each other.
class HeardTimes {
 public:
  explicit HeardTimes(size_t slots)
      : size_(slots), times_(std::make_unique<std::atomic<int64_t>[]>(slots)) {}

  size_t size() const { return size_; }
  // `slot` must be below size().
  void Set(Slot slot, SteadyTime time) {
    times_[slot].store(time.nanoseconds(), std::memory_order_relaxed);
  }
  SteadyTime Get(Slot slot) const {
    return SteadyTime::FromNanoseconds(times_[slot].load(std::memory_order_relaxed));
  }

 private:
  const size_t size_;
  const std::unique_ptr<std::atomic<int64_t>[]> times_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_HEARD_TIMES_H_
