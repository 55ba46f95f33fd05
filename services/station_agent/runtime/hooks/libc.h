#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_LIBC_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_LIBC_H_

#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace understudy::station_agent::runtime {

template <size_t kSize>
struct SymbolName {
  constexpr SymbolName(const char (&name)[kSize]) {  // NOLINT: implicit, for template arguments
    std::copy_n(name, kSize, text);
  }
  char text[kSize];
};

// The function behind a hook: the C library's, or a sanitizer's around that. Found on first use.
template <SymbolName kName>
class Libc {
 public:
  static void* Get() {
    void* found = pointer_.load(std::memory_order_relaxed);
    if (found == nullptr) [[unlikely]] {
      found = Find();
    }
    return found;
  }

 private:
  [[gnu::noinline]] static void* Find() {
    void* found = dlsym(RTLD_NEXT, kName.text);
    if (found == nullptr) {
      std::fprintf(stderr, "coroutine runtime: the C library has no %s\n", kName.text);
      std::abort();
    }
    pointer_.store(found, std::memory_order_relaxed);
    return found;
  }

  static inline constinit std::atomic<void*> pointer_{nullptr};
};

}  // namespace understudy::station_agent::runtime

// `UNDERSTUDY_LIBC(read)(descriptor, buffer, size)` is read without a hook.
#define UNDERSTUDY_LIBC(name) \
  (reinterpret_cast<decltype(&::name)>(::understudy::station_agent::runtime::Libc<#name>::Get()))

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_LIBC_H_
