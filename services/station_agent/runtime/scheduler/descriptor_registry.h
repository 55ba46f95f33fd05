#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_DESCRIPTOR_REGISTRY_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_DESCRIPTOR_REGISTRY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace understudy::station_agent::runtime {

class Manager;

// What all threads must agree on about descriptor numbers: how often each was given back (its
// generation; what managers cache about a number holds for one generation), and which managers
// watch it. All functions are thread-safe and cheap for descriptors that no manager ever used.
namespace descriptor_registry {

inline constexpr int kMaxManagers = 64;

// A number for a manager, or -1 when there are kMaxManagers.
int AddManager(Manager* manager);
void RemoveManager(int number);

inline uint32_t GenerationOf(int descriptor);
// Notes that the manager watches it. False for numbers beyond 16 million, which cannot be watched.
bool NoteWatch(int descriptor, int manager_number);

// To be called before `descriptor` is closed or replaced, by any thread: ends all watches, and
// wakes whoever waits on it with kClosed.
void Closing(int descriptor);
// For all from `first` to `last`.
void ClosingRange(unsigned first, unsigned last);

// File status flags and time-outs belong to the open file, which several descriptors may share: a
// change through one makes what is cached about all stale.
inline uint32_t SettingsGeneration();
void SettingsChanged();

// In a child process: nothing is watched there.
void AbandonAfterFork();

// What every hooked call looks at, without a call of its own.
namespace internal {

struct Entry {
  std::atomic<uint32_t> generation{1};
  std::atomic<uint64_t> watchers{0};  // a bit for each manager
};

inline constexpr int kPageBits = 12;
inline constexpr int kPageEntries = 1 << kPageBits;
inline constexpr uint32_t kPages = 4096;
using Page = std::array<Entry, kPageEntries>;

inline constinit std::array<std::atomic<Page*>, kPages> pages{};  // made on first use, never freed
inline constinit std::atomic<uint32_t> settings_generation{1};

// Null when no manager ever used a number near it.
inline Entry* Find(int descriptor) {
  const uint32_t page_number = static_cast<uint32_t>(descriptor) >> kPageBits;
  if (page_number >= kPages) return nullptr;
  Page* page = pages[page_number].load(std::memory_order_acquire);
  if (page == nullptr) return nullptr;
  return &(*page)[static_cast<size_t>(descriptor & (kPageEntries - 1))];
}
// Null for numbers that cannot be watched.
[[gnu::cold]] Entry* Make(int descriptor);

}  // namespace internal

inline uint32_t GenerationOf(int descriptor) {
  const internal::Entry* entry = internal::Find(descriptor);
  if (entry == nullptr) [[unlikely]] {
    entry = internal::Make(descriptor);
  }
  return entry == nullptr ? 0 : entry->generation.load(std::memory_order_acquire);
}

inline uint32_t SettingsGeneration() {
  return internal::settings_generation.load(std::memory_order_acquire);
}

}  // namespace descriptor_registry
}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_DESCRIPTOR_REGISTRY_H_
