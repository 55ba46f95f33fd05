#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_STACK_POOL_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_STACK_POOL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "services/station_agent/runtime/coroutine/coroutine.h"

namespace understudy::station_agent::runtime {

// How the lowest page of a stack is kept from being written to.
enum class GuardMode : uint8_t {
  // MADV_GUARD_INSTALL (Linux 6.13 and later): markers in the page table, no mapping of their own,
  // so any number of stacks fits below vm.max_map_count.
  kMarker,
  // Older kernels. PROT_NONE pages stand between groups of stacks, and before each large or huge
  // one (there are few). Within a group the lowest page of each stack must still read as zeros
  // when the stack comes back; it is the shared zero page until somebody writes there.
  kGroup,
};

// The mode that this kernel can do.
GuardMode BestGuardMode();

struct StackClassStats {
  size_t size = 0;  // address space of one, guard included
  size_t in_use = 0;
  size_t free = 0;        // kept for the next, with or without memory
  size_t high_water = 0;  // most in use at once
  size_t overflows = 0;   // found by the canary (kGroup only; a marker faults at once)
};

// Stacks of one thread, by class. A stack is named by its highest address (64-byte aligned), which
// is offset from the end of the mapping by a different number of cache lines for each, so that many
// stacks' tops do not compete for the same cache sets.
class StackPool {
 public:
  // At most `bound` stacks in use at once.
  StackPool(uint32_t bound, GuardMode mode);
  ~StackPool();

  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  // Null when `bound` are in use or the system has no memory for another group.
  char* Take(StackClass stack_class) {
    Class& c = classes_[static_cast<size_t>(stack_class)];
    if (c.free.empty() && !Grow(c)) return nullptr;
    char* top = c.free.back();
    c.free.pop_back();
    if (c.free.size() < c.cold) c.cold = c.free.size();
    if (++c.stats.in_use > c.stats.high_water) c.stats.high_water = c.stats.in_use;
    return top;
  }

  // False when the canary shows that it was overflowed (kGroup only).
  bool Return(char* top, StackClass stack_class) {
    Class& c = classes_[static_cast<size_t>(stack_class)];
    c.free.push_back(top);
    --c.stats.in_use;
    return mode_ == GuardMode::kMarker || CanaryIsIntact(c, top);
  }

  // Gives back the memory of free stacks, except of the `keep` most recently used of each class.
  // The address space and the guards stay. Returns how many gave theirs.
  size_t Trim(size_t keep);

  // The lowest writable address of the stack, and its size from there to the end of the mapping.
  static char* BottomOf(const char* top, StackClass stack_class);
  static size_t UsableSize(StackClass stack_class);
  static size_t SizeOf(StackClass stack_class);
  // Whether `address` lies in the guard of the stack that ends at `top`.
  static bool IsGuard(const char* top, StackClass stack_class, const void* address);

  StackClassStats stats(StackClass stack_class) const;
  GuardMode mode() const { return mode_; }

 private:
  struct Class {
    StackClassStats stats;
    std::vector<char*> free;
    size_t cold = 0;  // of `free`, the first `cold` hold no memory
    size_t made = 0;
  };
  struct Group {
    void* memory;
    size_t size;
    std::vector<unsigned> registrations;
  };

  bool Grow(Class& c);
  bool AddGroup(Class& c, size_t count);
  void AddStack(Class& c, Group& group, char* base);
  bool CanaryIsIntact(Class& c, const char* top);
  size_t total_in_use() const;

  const uint32_t bound_;
  const GuardMode mode_;
  std::array<Class, kStackClasses> classes_;
  std::vector<Group> groups_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_STACK_POOL_H_
