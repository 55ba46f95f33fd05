#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_DESCRIPTOR_TABLE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_DESCRIPTOR_TABLE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "services/station_agent/runtime/scheduler/waiter.h"

namespace understudy::station_agent::runtime {

// That a waiter waits for some of EPOLLIN, EPOLLOUT, EPOLLPRI on one descriptor.
struct DescriptorWait {
  Waiter* waiter = nullptr;
  uint32_t events = 0;
  uint32_t generation = 0;  // of the descriptor
  DescriptorWait* next = nullptr;
  DescriptorWait* previous = nullptr;
};

enum class DescriptorKind : uint8_t { kUnknown, kTcp, kSocket, kStream, kTerminal, kNeverWaits };

// What one manager knows of one descriptor number, for one generation of it. One cache line.
struct alignas(64) DescriptorEntry {
  uint32_t generation = 0;
  DescriptorKind kind = DescriptorKind::kUnknown;
  bool watched = false;
  // Nothing came since a read left it empty, so that the next read would find nothing. Only ever
  // set for watched TCP sockets, where each arrival is an event.
  bool drained = false;
  // Something happened after which `drained` would lie (end of stream, error, urgent data).
  bool always_try = false;
  // Settings of the open file, as of `settings_generation`.
  bool nonblocking = false;
  uint32_t settings_generation = 0;
  int64_t receive_timeout_ns = 0;  // 0: none
  int64_t send_timeout_ns = 0;
  DescriptorWait* waits = nullptr;

  void Link(DescriptorWait& wait) {
    wait.previous = nullptr;
    wait.next = waits;
    if (waits != nullptr) waits->previous = &wait;
    waits = &wait;
  }
  void Unlink(DescriptorWait& wait) {
    (wait.previous != nullptr ? wait.previous->next : waits) = wait.next;
    if (wait.next != nullptr) wait.next->previous = wait.previous;
  }
  // Forgets everything but who waits.
  void Reset(uint32_t new_generation) {
    DescriptorWait* kept = waits;
    *this = DescriptorEntry{};
    generation = new_generation;
    waits = kept;
  }
};

// Entries by descriptor number, in pages, so that high numbers cost no more than low ones. Entries
// never move.
class DescriptorTable {
 public:
  DescriptorEntry& At(int descriptor) {
    const auto page = static_cast<size_t>(descriptor) >> kPageBits;
    if (page >= pages_.size() || pages_[page] == nullptr) [[unlikely]] {
      MakePage(page);
    }
    return (*pages_[page])[static_cast<size_t>(descriptor) & (kPageEntries - 1)];
  }

 private:
  static constexpr int kPageBits = 8;
  static constexpr size_t kPageEntries = size_t{1} << kPageBits;
  using Page = std::array<DescriptorEntry, kPageEntries>;

  [[gnu::noinline, gnu::cold]] void MakePage(size_t page) {
    if (page >= pages_.size()) pages_.resize(page + 1);
    pages_[page] = std::make_unique<Page>();
  }

  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_DESCRIPTOR_TABLE_H_
