#include "services/station_agent/runtime/scheduler/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace understudy::station_agent::runtime {
namespace {

// A slot with no more than these is searched for its earliest, so that the thread sleeps until
// exactly then; of a fuller one only the slot's beginning is used.
constexpr size_t kSearched = 8;
// A row that is empty again keeps room for so many: there are many rows.
constexpr size_t kKeptRoom = 16;

// Sequences wrap around; those that are compared were given out close together.
bool IsEarlier(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) < 0; }

}  // namespace

TimerWheel::TimerWheel(SteadyTime now, uint32_t bound)
    : current_tick_(TickOf(now.nanoseconds())), nodes_(bound) {}

void TimerWheel::Arm(Owner owner, SteadyTime deadline) {
  nodes_[owner].sequence = ++last_sequence_;
  ++size_;
  Insert(Armed{deadline.nanoseconds(), last_sequence_, owner});
}

void TimerWheel::CancelArmed(Owner owner) {
  Node& node = nodes_[owner];
  if (node.level != kDue) Remove(node);
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
    const Armed& due = due_[next_due_];
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
  const Row& row = rows_[static_cast<size_t>(place.level)][place.slot];
  if (row.size() > kSearched) {
    return SteadyTime::FromNanoseconds(static_cast<int64_t>(place.start << kTickShift));
  }
  int64_t earliest = std::numeric_limits<int64_t>::max();
  for (const Armed& armed : row) earliest = std::min(earliest, armed.deadline);
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

void TimerWheel::Insert(const Armed& armed) {
  const uint64_t tick = TickOf(armed.deadline);
  if (tick <= current_tick_) {
    nodes_[armed.owner].level = kDue;
    InsertDue(armed);
    return;
  }
  const int level = (63 - std::countl_zero(tick ^ current_tick_)) / kSlotBits;
  Append(armed, level, static_cast<uint32_t>(tick >> (level * kSlotBits)) & (kSlots - 1));
}

// Behind those of the same deadline, which were armed before.
void TimerWheel::InsertDue(const Armed& armed) {
  const auto place = std::upper_bound(
      due_.begin() + static_cast<std::ptrdiff_t>(next_due_), due_.end(), armed.deadline,
      [](int64_t time, const Armed& due) { return time < due.deadline; });
  due_.insert(place, armed);
}

void TimerWheel::Append(const Armed& armed, int level, uint32_t slot) {
  Row& row = rows_[static_cast<size_t>(level)][slot];
  Node& node = nodes_[armed.owner];
  node.level = static_cast<uint8_t>(level + 1);
  node.slot = static_cast<uint8_t>(slot);
  node.place = static_cast<uint32_t>(row.size());
  if (row.capacity() == 0) row.reserve(kKeptRoom);
  row.push_back(armed);
  occupied_[static_cast<size_t>(level)][slot / 64] |= uint64_t{1} << (slot % 64);
}

// The last of the row takes its place.
void TimerWheel::Remove(const Node& node) {
  const size_t level = node.level - 1u;
  Row& row = rows_[level][node.slot];
  row[node.place] = row.back();
  nodes_[row[node.place].owner].place = node.place;
  row.pop_back();
  if (row.empty()) occupied_[level][node.slot / 64] &= ~(uint64_t{1} << (node.slot % 64));
}

void TimerWheel::Cascade(const Place& place) {
  constexpr size_t kAhead = 16;
  const auto level = static_cast<size_t>(place.level);
  Row& row = rows_[level][place.slot];
  occupied_[level][place.slot / 64] &= ~(uint64_t{1} << (place.slot % 64));
  if (level == 0) {
    due_.swap(row);
    SortDue();
  } else {
    for (size_t i = 0; i < row.size(); ++i) {
      __builtin_prefetch(&nodes_[row[std::min(i + kAhead, row.size() - 1)].owner], 1);
      Insert(row[i]);
    }
    row.clear();
  }
  if (row.capacity() > kKeptRoom) Row().swap(row);
}

void TimerWheel::SortDue() {
  for (const Armed& due : due_) nodes_[due.owner].level = kDue;
  std::sort(due_.begin(), due_.end(), [](const Armed& a, const Armed& b) {
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
