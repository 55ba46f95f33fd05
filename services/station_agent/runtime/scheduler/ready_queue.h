#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_READY_QUEUE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_READY_QUEUE_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "services/station_agent/runtime/coroutine/coroutine.h"
#include "services/station_agent/runtime/coroutine/reserved_array.h"

namespace understudy::station_agent::runtime {

// First in, first out, for indices of coroutines. It grows in place: nothing is copied but what
// wraps around, and memory is touched only as far as it is needed.
class IndexRing {
 public:
  explicit IndexRing(uint32_t bound) : slots_(std::bit_ceil(size_t{bound} + kFirst)) {}

  bool empty() const { return head_ == tail_; }
  uint32_t size() const { return tail_ - head_; }

  void Push(uint32_t index) {
    if (size() == capacity_) [[unlikely]] {
      Grow();
    }
    slots_[tail_++ & (capacity_ - 1)] = index;
  }
  uint32_t Pop() {
    const uint32_t index = slots_[head_++ & (capacity_ - 1)];
    if (head_ == tail_) head_ = tail_ = 0;  // stay in the same, warm slots
    return index;
  }
  // The one that is `ahead` places behind the first. Anything when there are not as many.
  uint32_t Peek(uint32_t ahead) const { return slots_[(head_ + ahead) & (capacity_ - 1)]; }

 private:
  static constexpr uint32_t kFirst = 1024;

  void Grow() {
    // Full: what lies before the head belongs behind the old end.
    const uint32_t start = head_ & (capacity_ - 1);
    for (uint32_t i = 0; i < start; ++i) slots_[capacity_ + i] = slots_[i];
    head_ = start;
    tail_ = start + capacity_;
    capacity_ *= 2;
  }

  ReservedArray<uint32_t> slots_;
  uint32_t capacity_ = kFirst;
  uint32_t head_ = 0;
  uint32_t tail_ = 0;
};

// Those that could run. Under load the priorities share the thread 8 : 4 : 1, so that a lower one
// is slowed down by the higher but never starved; within one priority turns are fair.
class ReadyQueue {
 public:
  explicit ReadyQueue(uint32_t bound) : rings_{IndexRing(bound), IndexRing(bound), IndexRing(bound)} {}

  bool empty() const { return occupied_ == 0; }
  uint32_t size() const { return rings_[0].size() + rings_[1].size() + rings_[2].size(); }

  void Push(uint32_t index, Priority priority) {
    const auto level = static_cast<unsigned>(priority);
    rings_[level].Push(index);
    occupied_ |= 1u << level;
  }

  // Not when empty.
  uint32_t Pop() {
    const unsigned level = std::has_single_bit(occupied_)
                               ? static_cast<unsigned>(std::countr_zero(occupied_))
                               : ChooseLevel();
    const uint32_t index = rings_[level].Pop();
    if (rings_[level].empty()) occupied_ &= ~(1u << level);
    return index;
  }

  // One that will wait as long as any of its priority. Not when empty.
  uint32_t PeekLast() const {
    const IndexRing& ring = rings_[static_cast<size_t>(std::countr_zero(occupied_))];
    return ring.Peek(ring.size() - 1);
  }

  // Who will probably come `ahead` turns after the next one; for prefetching.
  uint32_t Peek(uint32_t ahead) const {
    return rings_[static_cast<size_t>(std::countr_zero(occupied_ | 4u))].Peek(ahead);
  }

 private:
  static constexpr std::array<int, kPriorities> kShares = {8, 4, 1};

  unsigned ChooseLevel() {
    while (true) {
      for (unsigned level = 0; level < kPriorities; ++level) {
        if ((occupied_ & (1u << level)) == 0 || credit_[level] == 0) continue;
        --credit_[level];
        return level;
      }
      credit_ = kShares;
    }
  }

  std::array<IndexRing, kPriorities> rings_;
  std::array<int, kPriorities> credit_ = kShares;
  unsigned occupied_ = 0;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_READY_QUEUE_H_
