#include "services/station_agent/runtime/scheduler/descriptor_registry.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "absl/synchronization/mutex.h"
#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::station_agent::runtime::descriptor_registry {
namespace {

struct Entry {
  std::atomic<uint32_t> generation{1};
  std::atomic<uint64_t> watchers{0};  // a bit for each manager
};

constexpr int kPageBits = 12;
constexpr int kPageEntries = 1 << kPageBits;
constexpr int kPages = 4096;
using Page = std::array<Entry, kPageEntries>;

std::array<std::atomic<Page*>, kPages> pages;  // made on first use, never freed
std::atomic<uint32_t> settings_generation{1};

absl::Mutex managers_mutex(absl::kConstInit);
std::array<Manager*, kMaxManagers> managers;  // guarded by managers_mutex

Entry* Find(int descriptor) {
  if (descriptor < 0 || descriptor >> kPageBits >= kPages) return nullptr;
  Page* page = pages[static_cast<size_t>(descriptor >> kPageBits)].load(std::memory_order_acquire);
  if (page == nullptr) return nullptr;
  return &(*page)[static_cast<size_t>(descriptor & (kPageEntries - 1))];
}

Entry* FindOrMake(int descriptor) {
  Entry* entry = Find(descriptor);
  if (entry != nullptr || descriptor < 0 || descriptor >> kPageBits >= kPages) return entry;
  auto& slot = pages[static_cast<size_t>(descriptor >> kPageBits)];
  auto* fresh = new Page;
  Page* expected = nullptr;
  if (!slot.compare_exchange_strong(expected, fresh, std::memory_order_acq_rel)) delete fresh;
  return Find(descriptor);
}

void TellOthers(uint64_t watchers, int descriptor) {
  const Manager* self = Manager::Current();
  absl::MutexLock lock(&managers_mutex);
  for (; watchers != 0; watchers &= watchers - 1) {
    Manager* manager = managers[static_cast<size_t>(std::countr_zero(watchers))];
    if (manager != nullptr && manager != self) manager->DescriptorClosedElsewhere(descriptor);
  }
}

}  // namespace

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

uint32_t GenerationOf(int descriptor) {
  const Entry* entry = FindOrMake(descriptor);
  return entry == nullptr ? 0 : entry->generation.load(std::memory_order_acquire);
}

bool NoteWatch(int descriptor, int manager_number) {
  Entry* entry = FindOrMake(descriptor);
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

uint32_t SettingsGeneration() { return settings_generation.load(std::memory_order_acquire); }

void SettingsChanged() { settings_generation.fetch_add(1, std::memory_order_acq_rel); }

void AbandonAfterFork() {
  for (auto& slot : pages) {
    Page* page = slot.load(std::memory_order_acquire);
    if (page == nullptr) continue;
    for (Entry& entry : *page) entry.watchers.store(0, std::memory_order_relaxed);
  }
}

}  // namespace understudy::station_agent::runtime::descriptor_registry
