#include "services/station_agent/runtime/coroutine/coroutine_pool.h"

#include <algorithm>

namespace understudy::station_agent::runtime {
namespace {

// Memory comes in steps of 64 KiB: one system call for 2,048 coroutines.
constexpr uint32_t kPopulateStep = 64 * 1024 / sizeof(Coroutine);

}  // namespace

CoroutinePool::CoroutinePool(uint32_t bound)
    : bound_(bound),
      array_(bound),
      capacity_(std::min(bound, kFirstCapacity)),
      populated_(std::min(bound, kPopulateStep)) {
  array_.Populate(0, populated_);
}

Coroutine* CoroutinePool::TakeFresh() {
  if (used_ == capacity_) {
    if (capacity_ == bound_) return nullptr;
    capacity_ = std::min(bound_, capacity_ * 2);
  }
  if (used_ >= populated_) {
    populated_ = std::min(bound_, used_ + kPopulateStep);
    array_.Populate(used_, populated_);
  }
  return &array_[used_++];
}

Coroutine* CoroutinePool::Find(CoroutineId id) {
  const auto index = static_cast<uint32_t>(id);
  if (id == 0 || index >= used_) return nullptr;
  Coroutine& coroutine = array_[index];
  if (coroutine.state == CoroutineState::kDead) return nullptr;
  return coroutine.generation == (id >> 32) ? &coroutine : nullptr;
}

bool CoroutinePool::Shrink() {
  uint32_t last_live = 0;
  ForEach([&](const Coroutine& coroutine) { last_live = IndexOf(&coroutine) + 1; });
  const uint32_t before = capacity_;
  while (capacity_ / 2 >= kFirstCapacity && last_live <= capacity_ / 2) capacity_ /= 2;
  if (capacity_ == before && used_ <= capacity_) return false;
  used_ = std::min(used_, capacity_);
  array_.Release(used_, populated_);
  populated_ = used_;
  RebuildFreeList();
  return capacity_ != before;
}

void CoroutinePool::RebuildFreeList() {
  free_ = nullptr;
  for (uint32_t i = used_; i-- > 0;) {
    if (array_[i].state != CoroutineState::kDead) continue;
    SetNextFree(&array_[i], free_);
    free_ = &array_[i];
  }
}

}  // namespace understudy::station_agent::runtime
