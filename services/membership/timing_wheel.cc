#include "services/membership/timing_wheel.h"

#include <algorithm>

namespace understudy::membership {

TimingWheel::TimingWheel(absl::Duration resolution, size_t slots)
    : resolution_ns_(std::max<int64_t>(absl::ToInt64Nanoseconds(resolution), 1)),
      heads_(kBuckets, kNoSlot),
      links_(slots) {}

int64_t TimingWheel::TurnOf(SteadyTime time) const {
  const int64_t ns = time.nanoseconds();
  return ns / resolution_ns_ + (ns % resolution_ns_ > 0 ? 1 : 0);
}

void TimingWheel::Set(Slot slot, SteadyTime time) {
  Remove(slot);
  int64_t turn = TurnOf(time);
  if (started_) turn = std::clamp(turn, turn_ + 1, turn_ + int64_t{kBuckets} - 1);
  const auto bucket = static_cast<uint32_t>(static_cast<uint64_t>(turn) % kBuckets);
  Link& link = links_[slot];
  link = {.next = heads_[bucket], .previous = kNoSlot, .bucket = bucket};
  if (link.next != kNoSlot) links_[link.next].previous = slot;
  heads_[bucket] = slot;
}

void TimingWheel::Remove(Slot slot) {
  Link& link = links_[slot];
  if (link.bucket == kBuckets) return;
  if (link.previous == kNoSlot) {
    heads_[link.bucket] = link.next;
  } else {
    links_[link.previous].next = link.next;
  }
  if (link.next != kNoSlot) links_[link.next].previous = link.previous;
  link = Link{};
}

std::vector<Slot> TimingWheel::TakeDue(SteadyTime now) {
  std::vector<Slot> due;
  const int64_t turn = now.nanoseconds() / resolution_ns_;
  // The first call, and one after a very long pause, go once around the ring.
  const bool whole_ring = !started_ || turn - turn_ >= int64_t{kBuckets};
  const int64_t first = whole_ring ? turn - int64_t{kBuckets} + 1 : turn_ + 1;
  for (int64_t next = first; next <= turn; ++next) TakeBucket(next, due);
  turn_ = started_ ? std::max(turn_, turn) : turn;
  started_ = true;
  std::sort(due.begin(), due.end());
  return due;
}

void TimingWheel::TakeBucket(int64_t turn, std::vector<Slot>& due) {
  const auto bucket = static_cast<uint32_t>(static_cast<uint64_t>(turn) % kBuckets);
  while (heads_[bucket] != kNoSlot) {
    due.push_back(heads_[bucket]);
    Remove(heads_[bucket]);
  }
}

}  // namespace understudy::membership
