#include "services/station_agent/runtime/scheduler/descriptor_registry.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "absl/synchronization/mutex.h"
#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::station_agent::runtime::descriptor_registry {
namespace {

using internal::Entry;
using internal::Find;
using internal::kPageBits;
using internal::kPages;
using internal::pages;

absl::Mutex managers_mutex(absl::kConstInit);
std::array<Manager*, kMaxManagers> managers;  // guarded by managers_mutex

void TellOthers(uint64_t watchers, int descriptor) {
  const Manager* self = Manager::Current();
  absl::MutexLock lock(&managers_mutex);
  for (; watchers != 0; watchers &= watchers - 1) {
    Manager* manager = managers[static_cast<size_t>(std::countr_zero(watchers))];
    if (manager != nullptr && manager != self) manager->DescriptorClosedElsewhere(descriptor);
  }
}

}  // namespace

internal::Entry* internal::Make(int descriptor) {
  const uint32_t page_number = static_cast<uint32_t>(descriptor) >> kPageBits;
  if (page_number >= kPages) return nullptr;
  auto* fresh = new Page;
  Page* expected = nullptr;
  if (!pages[page_number].compare_exchange_strong(expected, fresh, std::memory_order_acq_rel)) {
    delete fresh;
  }
  return Find(descriptor);
}

int AddManager(Manager* manager) {
  absl::MutexLock lock(&managers_mutex);
  for (int i = 0; i < kMaxManagers; ++i) {
    if (managers[static_cast<size_t>(i)] != nullptr) continue;
    managers[static_cast<size_t>(i)] = manager;
    return i;
  }
  return -1;
}

void RemoveManager(int number) {
  absl::MutexLock lock(&managers_mutex);
  managers[static_cast<size_t>(number)] = nullptr;
}

bool NoteWatch(int descriptor, int manager_number) {
  Entry* entry = Find(descriptor);
  if (entry == nullptr) entry = internal::Make(descriptor);
  if (entry == nullptr) return false;
  entry->watchers.fetch_or(uint64_t{1} << manager_number, std::memory_order_acq_rel);
  return true;
}

void Closing(int descriptor) {
  Entry* entry = Find(descriptor);
  if (entry == nullptr) return;
  const uint64_t watchers = entry->watchers.exchange(0, std::memory_order_acq_rel);
  entry->generation.fetch_add(1, std::memory_order_acq_rel);
  if (watchers == 0) return;
  Manager* self = Manager::Current();
  uint64_t others = watchers;
  if (self != nullptr && ((watchers >> self->number()) & 1) != 0) {
    self->DescriptorClosed(descriptor);
    others &= ~(uint64_t{1} << self->number());
  }
  if (others != 0) TellOthers(others, descriptor);
}

void ClosingRange(unsigned first, unsigned last) {
  for (unsigned page = first >> kPageBits; page < kPages && page <= last >> kPageBits; ++page) {
    if (pages[page].load(std::memory_order_acquire) == nullptr) continue;
    const unsigned begin = std::max(first, page << kPageBits);
    const unsigned end = std::min(last, ((page + 1) << kPageBits) - 1);
    for (unsigned i = begin; i <= end; ++i) Closing(static_cast<int>(i));
  }
}

void SettingsChanged() { internal::settings_generation.fetch_add(1, std::memory_order_acq_rel); }

void AbandonAfterFork() {
  for (auto& slot : pages) {
    internal::Page* page = slot.load(std::memory_order_acquire);
    if (page == nullptr) continue;
    for (Entry& entry : *page) entry.watchers.store(0, std::memory_order_relaxed);
  }
}

}  // namespace understudy::station_agent::runtime::descriptor_registry
