#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_TIMER_WHEEL_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_TIMER_WHEEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/time/steady_time.h"

namespace understudy::station_agent::runtime {

struct Waiter;

// One deadline. Lies where its owner wants it (on the waiting coroutine's stack) and must not move
// or die while it is armed.
struct Timer {
  Waiter* waiter = nullptr;
  SteadyTime deadline;

  // The wheel's own.
  Timer* next = nullptr;
  Timer* previous = nullptr;
  uint64_t sequence = 0;
  uint32_t position = 0;  // in the heap
  uint8_t level = kNotArmed;
  uint8_t slot = 0;

  static constexpr uint8_t kNotArmed = 0xff;
  static constexpr uint8_t kInHeap = 0xfe;
  bool armed() const { return level != kNotArmed; }
};

// Deadlines to the nanosecond. Far ones hang in a hierarchical wheel of lists (arming and
// cancelling cost the same however many there are); those of the current 131 microseconds lie in a
// small heap that puts them in order. Pure: time comes in.
class TimerWheel {
 public:
  // `now` must not lie after the first deadlines.
  explicit TimerWheel(SteadyTime now) : current_tick_(TickOf(now)) {}

  void Arm(Timer& timer);
  // Does nothing when it is not armed.
  void Cancel(Timer& timer);
  // Takes the earliest that is due, ties in order of arming. Null when there is none.
  Timer* PopDue(SteadyTime now);
  // When to call PopDue next: never later than the earliest deadline. Infinite when empty.
  SteadyTime NextWake() const;

  size_t size() const { return size_; }

 private:
  static constexpr int kTickShift = 17;
  static constexpr int kSlotBits = 6;
  static constexpr int kSlots = 1 << kSlotBits;
  static constexpr int kLevels = 8;

  static uint64_t TickOf(SteadyTime time) {
    return static_cast<uint64_t>(time.nanoseconds()) >> kTickShift;
  }
  struct Place {
    int level;
    int slot;
    uint64_t start;  // tick
  };
  bool NextSlot(Place& place) const;
  void Insert(Timer& timer);
  void Link(Timer& timer, int level, int slot);
  void Unlink(Timer& timer);
  // Moves what begins at `place` down the levels, or into the heap.
  void Cascade(const Place& place);
  void AdvanceTo(uint64_t tick);

  void HeapPush(Timer& timer);
  void HeapRemove(uint32_t position);
  void SiftUp(uint32_t position);
  void SiftDown(uint32_t position);
  void Put(uint32_t position, Timer* timer);
  static bool Before(const Timer& a, const Timer& b) {
    return a.deadline < b.deadline || (a.deadline == b.deadline && a.sequence < b.sequence);
  }

  uint64_t current_tick_;
  uint64_t last_sequence_ = 0;
  size_t size_ = 0;
  std::array<uint64_t, kLevels> occupied_{};
  std::array<std::array<Timer*, kSlots>, kLevels> slots_{};
  std::vector<Timer*> heap_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_TIMER_WHEEL_H_
