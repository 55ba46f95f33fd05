#include "services/station_agent/runtime/scheduler/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace understudy::station_agent::runtime {
namespace {

// A slot with no more than these is searched for its earliest, so that the thread sleeps until
// exactly then; of a fuller one only the slot's beginning is used.
constexpr int kSearched = 8;

// Sequences wrap around; those that are compared were given out close together.
bool IsEarlier(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) < 0; }

}  // namespace

TimerWheel::TimerWheel(SteadyTime now, uint32_t bound)
    : current_tick_(TickOf(now.nanoseconds())), nodes_(bound) {
  for (auto& level : slots_) level.fill(kNobody);
}

void TimerWheel::Arm(Owner owner, SteadyTime deadline) {
  Node& node = nodes_[owner];
  node.deadline = deadline.nanoseconds();
  node.sequence = ++last_sequence_;
  ++size_;
  Insert(owner, node);
}

void TimerWheel::CancelArmed(Owner owner) {
  Node& node = nodes_[owner];
  if (node.level != kDue) Unlink(node);
  node.level = kNotArmed;
  --size_;
}

TimerWheel::Owner TimerWheel::PopDue(SteadyTime now) {
  const uint64_t tick = TickOf(now.nanoseconds());
  if (size_ == 0) {
    current_tick_ = std::max(current_tick_, tick);
    due_.clear();
    next_due_ = 0;
    return kNobody;
  }
  if (!HasDue()) AdvanceTo(tick);
  if (!HasDue() || due_[next_due_].deadline > now.nanoseconds()) return kNobody;
  const Owner owner = due_[next_due_++].owner;
  nodes_[owner].level = kNotArmed;
  --size_;
  return owner;
}

bool TimerWheel::HasDue() {
  for (; next_due_ < due_.size(); ++next_due_) {
    const Due& due = due_[next_due_];
    const Node& node = nodes_[due.owner];
    if (node.level == kDue && node.sequence == due.sequence) return true;
  }
  due_.clear();
  next_due_ = 0;
  return false;
}

SteadyTime TimerWheel::NextWake() {
  if (size_ == 0) return SteadyTime::Infinite();
  if (HasDue()) return SteadyTime::FromNanoseconds(due_[next_due_].deadline);
  Place place{};
  if (!NextSlot(place)) return SteadyTime::Infinite();
  int64_t earliest = std::numeric_limits<int64_t>::max();
  int searched = 0;
  Owner owner = slots_[static_cast<size_t>(place.level)][place.slot];
  for (; owner != kNobody; owner = nodes_[owner].next) {
    if (++searched > kSearched) {
      return SteadyTime::FromNanoseconds(static_cast<int64_t>(place.start << kTickShift));
    }
    earliest = std::min(earliest, nodes_[owner].deadline);
  }
  return SteadyTime::FromNanoseconds(earliest);
}

// Of the slots in use, those of the lowest level come first: a slot of level L lies behind all
// that levels below L can hold.
bool TimerWheel::NextSlot(Place& place) const {
  for (int level = 0; level < kLevels; ++level) {
    const auto& words = occupied_[static_cast<size_t>(level)];
    for (uint32_t word = 0; word < kWords; ++word) {
      if (words[word] == 0) continue;
      const uint32_t slot = word * 64 + static_cast<uint32_t>(std::countr_zero(words[word]));
      const int shift = level * kSlotBits;
      const uint64_t prefix = current_tick_ >> (shift + kSlotBits) << kSlotBits;
      place = Place{level, slot, (prefix | slot) << shift};
      return true;
    }
  }
  return false;
}

void TimerWheel::Insert(Owner owner, Node& node) {
  const uint64_t tick = TickOf(node.deadline);
  if (tick <= current_tick_) {
    node.level = kDue;
    InsertDue(owner, node);
    return;
  }
  const int level = (63 - std::countl_zero(tick ^ current_tick_)) / kSlotBits;
  Link(owner, node, level, static_cast<uint32_t>(tick >> (level * kSlotBits)) & (kSlots - 1));
}

// Behind those of the same deadline, which were armed before.
void TimerWheel::InsertDue(Owner owner, const Node& node) {
  const auto place = std::upper_bound(
      due_.begin() + static_cast<std::ptrdiff_t>(next_due_), due_.end(), node.deadline,
      [](int64_t time, const Due& due) { return time < due.deadline; });
  due_.insert(place, Due{node.deadline, node.sequence, owner});
}

void TimerWheel::Link(Owner owner, Node& node, int level, uint32_t slot) {
  Owner& head = slots_[static_cast<size_t>(level)][slot];
  node.level = static_cast<uint8_t>(level + 1);
  node.slot = static_cast<uint8_t>(slot);
  node.previous = kNobody;
  node.next = head;
  if (head != kNobody) nodes_[head].previous = owner;
  head = owner;
  occupied_[static_cast<size_t>(level)][slot / 64] |= uint64_t{1} << (slot % 64);
}

void TimerWheel::Unlink(const Node& node) {
  const size_t level = node.level - 1u;
  Owner& head = slots_[level][node.slot];
  (node.previous != kNobody ? nodes_[node.previous].next : head) = node.next;
  if (node.next != kNobody) nodes_[node.next].previous = node.previous;
  if (head == kNobody) occupied_[level][node.slot / 64] &= ~(uint64_t{1} << (node.slot % 64));
}

void TimerWheel::Cascade(const Place& place) {
  const auto level = static_cast<size_t>(place.level);
  Owner owner = slots_[level][place.slot];
  slots_[level][place.slot] = kNobody;
  occupied_[level][place.slot / 64] &= ~(uint64_t{1} << (place.slot % 64));
  if (level == 0) {
    FillRow(owner);
    return;
  }
  while (owner != kNobody) {
    Node& node = nodes_[owner];
    const Owner next = node.next;
    if (next != kNobody) __builtin_prefetch(&nodes_[next]);
    Insert(owner, node);
    owner = next;
  }
}

// A slot of the lowest level becomes the row, sorted at once.
void TimerWheel::FillRow(Owner owner) {
  for (; owner != kNobody; owner = nodes_[owner].next) {
    Node& node = nodes_[owner];
    node.level = kDue;
    due_.push_back(Due{node.deadline, node.sequence, owner});
  }
  std::sort(due_.begin(), due_.end(), [](const Due& a, const Due& b) {
    return a.deadline != b.deadline ? a.deadline < b.deadline : IsEarlier(a.sequence, b.sequence);
  });
}

// Stops as soon as the row has somebody, so that it stays as short as one tick's deadlines.
void TimerWheel::AdvanceTo(uint64_t tick) {
  Place place{};
  while (due_.empty() && NextSlot(place) && place.start <= tick) {
    current_tick_ = place.start;
    Cascade(place);
  }
  if (due_.empty()) current_tick_ = std::max(current_tick_, tick);
}

}  // namespace understudy::station_agent::runtime
