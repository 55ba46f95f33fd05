#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_READY_QUEUE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_READY_QUEUE_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "services/station_agent/runtime/coroutine/coroutine.h"
#include "services/station_agent/runtime/coroutine/reserved_array.h"

namespace understudy::station_agent::runtime {

// First in, first out. It grows in place: nothing is copied but what wraps around, and memory is
// touched only as far as it is needed.
class CoroutineRing {
 public:
  explicit CoroutineRing(uint32_t bound) : slots_(std::bit_ceil(size_t{bound} + kFirst)) {}

  bool empty() const { return head_ == tail_; }
  uint32_t size() const { return tail_ - head_; }

  void Push(Coroutine* coroutine) {
    if (size() > mask_) [[unlikely]] {
      Grow();
    }
    slots_[tail_++ & mask_] = coroutine;
  }
  Coroutine* Pop() {
    Coroutine* coroutine = slots_[head_++ & mask_];
    if (head_ == tail_) head_ = tail_ = 0;  // stay in the same, warm slots
    return coroutine;
  }
  // Pop, then Push. Not when empty.
  Coroutine* Rotate(Coroutine* coroutine) {
    Coroutine* next = slots_[head_++ & mask_];
    slots_[tail_++ & mask_] = coroutine;
    return next;
  }
  // The one that is `ahead` places behind the first. Anything when there are not as many.
  Coroutine* Peek(uint32_t ahead) const { return slots_[(head_ + ahead) & mask_]; }

 private:
  static constexpr uint32_t kFirst = 1024;

  void Grow() {
    // Full: what lies before the head belongs behind the old end.
    const uint32_t capacity = mask_ + 1;
    const uint32_t start = head_ & mask_;
    for (uint32_t i = 0; i < start; ++i) slots_[capacity + i] = slots_[i];
    head_ = start;
    tail_ = start + capacity;
    mask_ = capacity * 2 - 1;
  }

  ReservedArray<Coroutine*> slots_;
  uint32_t mask_ = kFirst - 1;
  uint32_t head_ = 0;
  uint32_t tail_ = 0;
};

// Those that could run. Under load the priorities share the thread 8 : 4 : 1, so that a lower one
// is slowed down by the higher but never starved; within one priority turns are fair.
class ReadyQueue {
 public:
  explicit ReadyQueue(uint32_t bound)
      : rings_{CoroutineRing(bound), CoroutineRing(bound), CoroutineRing(bound)} {}

  bool empty() const { return occupied_ == 0; }
  uint32_t size() const { return rings_[0].size() + rings_[1].size() + rings_[2].size(); }

  void Push(Coroutine* coroutine) {
    const auto level = static_cast<unsigned>(coroutine->priority);
    rings_[level].Push(coroutine);
    occupied_ |= 1u << level;
  }

  // Not when empty.
  Coroutine* Pop() {
    // One level in use, as nearly always: nothing to choose.
    const unsigned level = (occupied_ & (occupied_ - 1)) == 0
                               ? static_cast<unsigned>(std::countr_zero(occupied_))
                               : ChooseLevel();
    Coroutine* coroutine = rings_[level].Pop();
    if (rings_[level].empty()) occupied_ &= ~(1u << level);
    return coroutine;
  }

  // Whether all that are ready, and `coroutine`, have the normal priority: then RotateNormal is
  // Push followed by Pop.
  bool OnlyNormal(const Coroutine* coroutine) const {
    return occupied_ == kNormalOnly && coroutine->priority == Priority::kNormal;
  }
  Coroutine* PeekNormal() const { return rings_[1].Peek(0); }
  Coroutine* RotateNormal(Coroutine* coroutine) { return rings_[1].Rotate(coroutine); }

  // One that will wait as long as any of its priority. Not when empty.
  Coroutine* PeekLast() const {
    const CoroutineRing& ring = rings_[static_cast<size_t>(std::countr_zero(occupied_))];
    return ring.Peek(ring.size() - 1);
  }

  // With many that are ready, each has been pushed out of the cache since its last turn: fetches
  // the stack of one some turns ahead and, further ahead, what tells where that is.
  [[gnu::always_inline]] inline void PrefetchNormal() const {
    const CoroutineRing& ring = rings_[1];
    if (ring.size() < kWorthPrefetching) [[likely]] {
      return;
    }
    __builtin_prefetch(ring.Peek(kPrefetchHead));
    const auto* stack =
        static_cast<const char*>(ring.Peek(kPrefetchStack)->bound.context.stack_pointer);
    for (size_t line = 0; line < kPrefetchedLines; ++line) __builtin_prefetch(stack + line * 64);
  }

 private:
  static constexpr unsigned kNormalOnly = 1u << static_cast<unsigned>(Priority::kNormal);
  static constexpr uint32_t kWorthPrefetching = 32;
  static constexpr uint32_t kPrefetchHead = 16;
  static constexpr uint32_t kPrefetchStack = 8;
  // A parked coroutine's own frames, as far as waking it touches them.
  static constexpr size_t kPrefetchedLines = 4;
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

  std::array<CoroutineRing, kPriorities> rings_;
  std::array<int, kPriorities> credit_ = kShares;
  unsigned occupied_ = 0;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_READY_QUEUE_H_
