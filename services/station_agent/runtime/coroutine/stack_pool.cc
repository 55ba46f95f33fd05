#include "services/station_agent/runtime/coroutine/stack_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace understudy::station_agent::runtime {
namespace {

constexpr size_t kPage = 4096;
// Since Linux 6.13; not yet in Debian 12's headers.
constexpr int kMadvGuardInstall = 102;
// Sanitizers surround every local with red zones.
constexpr size_t kScale = kSanitized ? 4 : 1;
constexpr std::array<size_t, kStackClasses> kSizes = {16 * 1024 * kScale, 64 * 1024 * kScale,
                                                      256 * 1024 * kScale, 1024 * 1024 * kScale};
// Without markers, stacks of this size and more have a guard page each: there are few of them.
constexpr size_t kOwnGuard = 256 * 1024 * kScale;
// Bytes that one group takes at least: few mappings, and little address space lost when few are
// needed.
constexpr size_t kGroupBytes = 4 * 1024 * 1024;
constexpr size_t kCanaryBytes = 256;
// Cache lines by which the tops of neighbours differ at most. The more, the better they spread over
// the cache's sets; but what a parked coroutine needs should still fit into its first page.
constexpr size_t kColors = 40;
constexpr size_t kLine = 64;

uintptr_t BaseOf(const char* top, size_t size) {
  return reinterpret_cast<uintptr_t>(top - 1) & ~uintptr_t{size - 1};
}

// Address space for `size` bytes, aligned to `alignment` (a power of two).
void* Reserve(size_t size, size_t alignment) {
  const size_t padded = size + alignment;
  void* raw = mmap(nullptr, padded, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  auto* begin = static_cast<char*>(raw);
  auto* aligned = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(raw) + alignment - 1) &
                                          ~uintptr_t{alignment - 1});
  if (aligned != begin) munmap(begin, static_cast<size_t>(aligned - begin));
  const size_t tail = static_cast<size_t>(begin + padded - (aligned + size));
  if (tail != 0) munmap(aligned + size, tail);
  // A huge page would make every parked coroutine cost its whole stack.
  madvise(aligned, size, MADV_NOHUGEPAGE);
  return aligned;
}

}  // namespace

GuardMode BestGuardMode() {
  static const GuardMode mode = [] {
    void* page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return GuardMode::kGroup;
    const bool works = madvise(page, kPage, kMadvGuardInstall) == 0;
    munmap(page, kPage);
    return works ? GuardMode::kMarker : GuardMode::kGroup;
  }();
  return mode;
}

StackPool::StackPool(uint32_t bound, GuardMode mode) : bound_(bound), mode_(mode) {
  for (size_t i = 0; i < classes_.size(); ++i) classes_[i].stats.size = kSizes[i];
}

StackPool::~StackPool() {
  for (Group& group : groups_) {
    for (const unsigned id : group.registrations) DeregisterStack(id);
    munmap(group.memory, group.size);
  }
}

size_t StackPool::total_in_use() const {
  size_t total = 0;
  for (const Class& c : classes_) total += c.stats.in_use;
  return total;
}

bool StackPool::Grow(Class& c) {
  const size_t in_use = total_in_use();
  if (in_use >= bound_) return false;
  const size_t group = std::max<size_t>(1, kGroupBytes / c.stats.size);
  return AddGroup(c, std::min<size_t>(bound_ - in_use, group));
}

bool StackPool::AddGroup(Class& c, size_t count) {
  const size_t stack = c.stats.size;
  auto* memory = static_cast<char*>(Reserve(count * stack, stack));
  if (memory == nullptr) return false;
  groups_.push_back(Group{memory, count * stack, {}});
  // Highest first, so that the lowest is taken first.
  for (size_t i = count; i-- > 0;) AddStack(c, groups_.back(), memory + i * stack);
  c.made += count;
  c.cold = c.free.size();
  return true;
}

void StackPool::AddStack(Class& c, Group& group, char* base) {
  if (mode_ == GuardMode::kMarker) {
    madvise(base, kPage, kMadvGuardInstall);
  } else if (base == group.memory || c.stats.size >= kOwnGuard) {
    mprotect(base, kPage, PROT_NONE);
  }
  const size_t color = (c.free.size() + c.made) % kColors;
  char* top = base + c.stats.size - color * kLine;
  group.registrations.push_back(RegisterStack(base + kPage, top));
  c.free.push_back(top);
}

bool StackPool::CanaryIsIntact(Class& c, const char* top) {
  const uintptr_t base = BaseOf(top, c.stats.size);
  const bool has_page = c.stats.size >= kOwnGuard ||
                        std::any_of(groups_.begin(), groups_.end(), [base](const Group& group) {
                          return reinterpret_cast<uintptr_t>(group.memory) == base;
                        });
  if (has_page) return true;
  static constexpr char kZeros[kCanaryBytes] = {};
  // Where an overflow arrives first: the end of the lowest page.
  auto* canary = reinterpret_cast<char*>(base + kPage - kCanaryBytes);
  if (std::memcmp(canary, kZeros, kCanaryBytes) == 0) return true;
  madvise(reinterpret_cast<void*>(base), kPage, MADV_DONTNEED);
  ++c.stats.overflows;
  return false;
}

size_t StackPool::Trim(size_t keep) {
  size_t given = 0;
  for (Class& c : classes_) {
    const size_t end = c.free.size() > keep ? c.free.size() - keep : 0;
    for (; c.cold < end; ++c.cold, ++given) {
      char* bottom = reinterpret_cast<char*>(BaseOf(c.free[c.cold], c.stats.size)) + kPage;
      madvise(bottom, c.stats.size - kPage, MADV_DONTNEED);
    }
  }
  return given;
}

char* StackPool::BottomOf(const char* top, StackClass stack_class) {
  return reinterpret_cast<char*>(BaseOf(top, SizeOf(stack_class))) + kPage;
}

size_t StackPool::UsableSize(StackClass stack_class) { return SizeOf(stack_class) - kPage; }

size_t StackPool::SizeOf(StackClass stack_class) {
  return kSizes[static_cast<size_t>(stack_class)];
}

bool StackPool::IsGuard(const char* top, StackClass stack_class, const void* address) {
  const uintptr_t base = BaseOf(top, SizeOf(stack_class));
  const auto value = reinterpret_cast<uintptr_t>(address);
  return value >= base && value < base + kPage;
}

StackClassStats StackPool::stats(StackClass stack_class) const {
  const Class& c = classes_[static_cast<size_t>(stack_class)];
  StackClassStats stats = c.stats;
  stats.free = c.free.size();
  return stats;
}

}  // namespace understudy::station_agent::runtime
