#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_TIMER_WHEEL_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_TIMER_WHEEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "common/time/steady_time.h"
#include "services/station_agent/runtime/coroutine/reserved_array.h"

namespace understudy::station_agent::runtime {

// Deadlines to the nanosecond, at most one for each of a bounded number of owners, who are numbers.
//
// Far deadlines stand in a hierarchical wheel of rows, in any order: arming and cancelling cost the
// same however many there are. Those of the current 16 microseconds stand in one more row, sorted.
// Rows rather than lists: with 100,000 deadlines a list is walked at the pace of the memory. What
// is known of an owner lies in a dense array and not on its stack, for the same reason. Pure: time
// comes in.
class TimerWheel {
 public:
  using Owner = uint32_t;
  static constexpr Owner kNobody = std::numeric_limits<Owner>::max();

  // `now` must not lie after the first deadlines. Owners are below `bound`.
  TimerWheel(SteadyTime now, uint32_t bound);

  // `owner` must not be armed.
  void Arm(Owner owner, SteadyTime deadline);
  bool IsArmed(Owner owner) const { return nodes_[owner].level != kNotArmed; }
  // Does nothing when it is not armed.
  void Cancel(Owner owner) {
    if (IsArmed(owner)) CancelArmed(owner);
  }
  // Takes the earliest that is due, ties in order of arming. kNobody when there is none.
  Owner PopDue(SteadyTime now);
  // One that PopDue will give soon, `ahead` places later, or kNobody. For prefetching: it may have
  // been cancelled.
  Owner PeekDue(size_t ahead) const {
    return next_due_ + ahead < due_.size() ? due_[next_due_ + ahead].owner : kNobody;
  }
  // When to call PopDue next: never later than the earliest deadline. Infinite when empty.
  SteadyTime NextWake();

  size_t size() const { return size_; }

 private:
  static constexpr int kTickShift = 14;
  static constexpr int kSlotBits = 8;
  static constexpr uint32_t kSlots = 1 << kSlotBits;
  static constexpr uint32_t kWords = kSlots / 64;
  static constexpr int kLevels = 6;
  // Where an owner is: zeros in fresh memory mean nowhere; then level + 1; or in the row.
  static constexpr uint8_t kNotArmed = 0;
  static constexpr uint8_t kDue = kLevels + 1;

  struct Node {
    uint32_t sequence;  // of its arming
    uint32_t place;     // in its row
    uint8_t level;
    uint8_t slot;
  };
  static_assert(sizeof(Node) == 12);
  // In `due_` one counts only while its owner's sequence is the same.
  struct Armed {
    int64_t deadline;
    uint32_t sequence;
    Owner owner;
  };
  using Row = std::vector<Armed>;
  struct Place {
    int level;
    uint32_t slot;
    uint64_t start;  // tick
  };

  static uint64_t TickOf(int64_t nanoseconds) {
    return static_cast<uint64_t>(nanoseconds) >> kTickShift;
  }
  bool NextSlot(Place& place) const;
  void Insert(const Armed& armed);
  void InsertDue(const Armed& armed);
  void Append(const Armed& armed, int level, uint32_t slot);
  void Remove(const Node& node);
  void CancelArmed(Owner owner);
  // Moves what begins at `place` down the levels, or into the sorted row.
  void Cascade(const Place& place);
  void SortDue();
  void AdvanceTo(uint64_t tick);
  // Whether the sorted row has somebody; the cancelled ones at its front are dropped.
  bool HasDue();

  uint64_t current_tick_;
  uint32_t last_sequence_ = 0;
  size_t size_ = 0;
  size_t next_due_ = 0;
  Row due_;
  ReservedArray<Node> nodes_;
  std::array<std::array<uint64_t, kWords>, kLevels> occupied_{};
  std::array<std::array<Row, kSlots>, kLevels> rows_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_TIMER_WHEEL_H_
