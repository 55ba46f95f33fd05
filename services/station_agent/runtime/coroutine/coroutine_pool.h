#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_COROUTINE_POOL_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_COROUTINE_POOL_H_

#include <cstddef>
#include <cstdint>

#include "services/station_agent/runtime/coroutine/coroutine.h"
#include "services/station_agent/runtime/coroutine/reserved_array.h"

namespace understudy::station_agent::runtime {

// The coroutines of one thread. Begins with room for 500 (and 64 KiB of memory, which is enough for
// 2,048), doubles when that is used up, never goes beyond its bound, recycles without touching the
// operating system and shrinks on request.
class CoroutinePool {
 public:
  static constexpr uint32_t kFirstCapacity = 500;

  // `bound` is at most 2^24.
  explicit CoroutinePool(uint32_t bound);

  // A coroutine in state kReady, or null when `bound` of them live.
  Coroutine* Take() {
    Coroutine* coroutine = free_;
    if (coroutine != nullptr) [[likely]] {
      free_ = NextFree(coroutine);
    } else {
      coroutine = TakeFresh();
      if (coroutine == nullptr) return nullptr;
    }
    coroutine->generation = ++generation_;
    if (++live_ > high_water_) high_water_ = live_;
    return coroutine;
  }

  // Its ids are stale from now on.
  void Recycle(Coroutine* coroutine) {
    coroutine->state = CoroutineState::kDead;
    coroutine->generation = 0;
    SetNextFree(coroutine, free_);
    free_ = coroutine;
    --live_;
  }

  CoroutineId IdOf(const Coroutine* coroutine) const {
    return (CoroutineId{coroutine->generation} << 32) | IndexOf(coroutine);
  }
  uint32_t IndexOf(const Coroutine* coroutine) const {
    return static_cast<uint32_t>(coroutine - array_.data());
  }
  Coroutine* At(uint32_t index) { return &array_[index]; }
  const Coroutine* At(uint32_t index) const { return &array_[index]; }
  // Null when it has ended.
  Coroutine* Find(CoroutineId id);

  // Calls `visit(coroutine)` for each that lives.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (uint32_t i = 0; i < used_; ++i) {
      if (array_[i].state != CoroutineState::kDead) visit(array_[i]);
    }
  }

  // Halves the capacity while the upper half is free, down to 500, and gives the memory back.
  // Returns whether it shrank. Walks over all: for idle times.
  bool Shrink();

  uint32_t live() const { return live_; }
  uint32_t capacity() const { return capacity_; }
  uint32_t bound() const { return bound_; }
  uint32_t high_water() const { return high_water_; }

 private:
  Coroutine* TakeFresh();
  void RebuildFreeList();

  // A dead coroutine's link lies where a fresh one keeps its payload.
  static Coroutine* NextFree(const Coroutine* coroutine) {
    return reinterpret_cast<Coroutine*>(coroutine->start.payload);
  }
  static void SetNextFree(Coroutine* coroutine, Coroutine* next) {
    coroutine->start.payload = reinterpret_cast<uint64_t>(next);
  }

  const uint32_t bound_;
  ReservedArray<Coroutine> array_;
  Coroutine* free_ = nullptr;
  uint32_t capacity_;
  uint32_t used_ = 0;   // those below have lived
  uint32_t populated_;  // those below have memory
  uint32_t live_ = 0;
  uint32_t high_water_ = 0;
  uint32_t generation_ = 0;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_COROUTINE_POOL_H_
