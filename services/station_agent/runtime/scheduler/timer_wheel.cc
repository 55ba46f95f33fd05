#include "services/station_agent/runtime/scheduler/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace understudy::station_agent::runtime {
namespace {

// A slot with no more than these is searched for its earliest, so that the thread sleeps until
// exactly then; of a fuller one only the slot's beginning is used.
constexpr int kSearched = 8;

}  // namespace

void TimerWheel::Arm(Timer& timer) {
  timer.sequence = ++last_sequence_;
  ++size_;
  Insert(timer);
}

void TimerWheel::Cancel(Timer& timer) {
  if (!timer.armed()) return;
  if (timer.level == Timer::kInHeap) {
    HeapRemove(timer.position);
  } else {
    Unlink(timer);
  }
  timer.level = Timer::kNotArmed;
  --size_;
}

Timer* TimerWheel::PopDue(SteadyTime now) {
  if (size_ == 0) {
    current_tick_ = std::max(current_tick_, TickOf(now));
    return nullptr;
  }
  if (heap_.empty()) AdvanceTo(TickOf(now));
  if (heap_.empty() || heap_.front()->deadline > now) return nullptr;
  Timer* timer = heap_.front();
  HeapRemove(0);
  timer->level = Timer::kNotArmed;
  --size_;
  return timer;
}

SteadyTime TimerWheel::NextWake() const {
  if (!heap_.empty()) return heap_.front()->deadline;
  Place place{};
  if (!NextSlot(place)) return SteadyTime::Infinite();
  SteadyTime earliest = SteadyTime::Infinite();
  int searched = 0;
  for (const Timer* timer = slots_[place.level][place.slot]; timer != nullptr;
       timer = timer->next) {
    if (++searched > kSearched) {
      return SteadyTime::FromNanoseconds(static_cast<int64_t>(place.start << kTickShift));
    }
    earliest = std::min(earliest, timer->deadline);
  }
  return earliest;
}

// Of the slots in use, those of the lowest level come first: a slot of level L lies behind all
// that levels below L can hold.
bool TimerWheel::NextSlot(Place& place) const {
  for (int level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const int slot = std::countr_zero(occupied_[level]);
    const int shift = level * kSlotBits;
    const uint64_t prefix = current_tick_ >> (shift + kSlotBits) << kSlotBits;
    place = Place{level, slot, (prefix | static_cast<uint64_t>(slot)) << shift};
    return true;
  }
  return false;
}

void TimerWheel::Insert(Timer& timer) {
  const uint64_t tick = TickOf(timer.deadline);
  if (tick <= current_tick_) {
    HeapPush(timer);
    return;
  }
  const int level = (63 - std::countl_zero(tick ^ current_tick_)) / kSlotBits;
  Link(timer, level, static_cast<int>((tick >> (level * kSlotBits)) & (kSlots - 1)));
}

void TimerWheel::Link(Timer& timer, int level, int slot) {
  Timer*& head = slots_[level][slot];
  timer.level = static_cast<uint8_t>(level);
  timer.slot = static_cast<uint8_t>(slot);
  timer.previous = nullptr;
  timer.next = head;
  if (head != nullptr) head->previous = &timer;
  head = &timer;
  occupied_[level] |= uint64_t{1} << slot;
}

void TimerWheel::Unlink(Timer& timer) {
  Timer*& head = slots_[timer.level][timer.slot];
  if (timer.previous != nullptr) {
    timer.previous->next = timer.next;
  } else {
    head = timer.next;
  }
  if (timer.next != nullptr) timer.next->previous = timer.previous;
  if (head == nullptr) occupied_[timer.level] &= ~(uint64_t{1} << timer.slot);
}

void TimerWheel::Cascade(const Place& place) {
  Timer* timer = slots_[place.level][place.slot];
  slots_[place.level][place.slot] = nullptr;
  occupied_[place.level] &= ~(uint64_t{1} << place.slot);
  while (timer != nullptr) {
    Timer* next = timer->next;
    if (next != nullptr) __builtin_prefetch(next->next);
    Insert(*timer);
    timer = next;
  }
}

// Stops as soon as the heap has something, so that it stays as small as one tick's timers.
void TimerWheel::AdvanceTo(uint64_t tick) {
  Place place{};
  while (heap_.empty() && NextSlot(place) && place.start <= tick) {
    current_tick_ = place.start;
    Cascade(place);
  }
  if (heap_.empty()) current_tick_ = std::max(current_tick_, tick);
}

void TimerWheel::HeapPush(Timer& timer) {
  timer.level = Timer::kInHeap;
  heap_.push_back(&timer);
  timer.position = static_cast<uint32_t>(heap_.size() - 1);
  SiftUp(timer.position);
}

void TimerWheel::HeapRemove(uint32_t position) {
  Timer* last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  Put(position, last);
  SiftUp(position);
  SiftDown(last->position);
}

void TimerWheel::Put(uint32_t position, Timer* timer) {
  heap_[position] = timer;
  timer->position = position;
}

void TimerWheel::SiftUp(uint32_t position) {
  Timer* timer = heap_[position];
  while (position > 0) {
    const uint32_t parent = (position - 1) / 2;
    if (!Before(*timer, *heap_[parent])) break;
    Put(position, heap_[parent]);
    position = parent;
  }
  Put(position, timer);
}

void TimerWheel::SiftDown(uint32_t position) {
  Timer* timer = heap_[position];
  while (true) {
    uint32_t child = position * 2 + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && Before(*heap_[child + 1], *heap_[child])) ++child;
    if (!Before(*heap_[child], *timer)) break;
    Put(position, heap_[child]);
    position = child;
  }
  Put(position, timer);
}

}  // namespace understudy::station_agent::runtime
