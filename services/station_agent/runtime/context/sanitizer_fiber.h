#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_CONTEXT_SANITIZER_FIBER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_CONTEXT_SANITIZER_FIBER_H_

#include <cstddef>

#include "services/station_agent/runtime/context/context.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define UNDERSTUDY_RUNTIME_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define UNDERSTUDY_RUNTIME_TSAN 1
// ThreadSanitizer has room for some 8,000 flows, those that wait for memory to be given back
// included. It needs to be told of them only to keep a call stack for each: coroutines stay on
// their thread, so that as one flow with it they have the same order and the same races with
// others. Where code is compiled without that bookkeeping (--config=tsan_many) there is no limit,
// and a report names the line without its callers.
#if !defined(UNDERSTUDY_TSAN_WITHOUT_FIBERS)
#include <sanitizer/tsan_interface.h>
#define UNDERSTUDY_RUNTIME_TSAN_FIBERS 1
#endif
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define UNDERSTUDY_RUNTIME_VALGRIND 1
#endif

// Tells AddressSanitizer, ThreadSanitizer and valgrind what they cannot see: that the stack
// changes. Without them every call here is empty.
namespace understudy::station_agent::runtime {

#if defined(UNDERSTUDY_RUNTIME_ASAN) || defined(UNDERSTUDY_RUNTIME_TSAN)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// What a sanitizer keeps for one flow of control.
struct SanitizerFiber {
#if defined(UNDERSTUDY_RUNTIME_ASAN)
  void* fake_stack = nullptr;
  const void* bottom = nullptr;
  size_t size = 0;
#endif
#if defined(UNDERSTUDY_RUNTIME_TSAN_FIBERS)
  void* fiber = nullptr;
#endif
};

// The flow that a thread begins with.
inline void AdoptThread(SanitizerFiber& fiber) {
#if defined(UNDERSTUDY_RUNTIME_TSAN_FIBERS)
  fiber.fiber = __tsan_get_current_fiber();
#endif
  (void)fiber;
}

inline void CreateFiber(SanitizerFiber& fiber, const void* bottom, size_t size) {
#if defined(UNDERSTUDY_RUNTIME_ASAN)
  fiber.fake_stack = nullptr;
  fiber.bottom = bottom;
  fiber.size = size;
#endif
#if defined(UNDERSTUDY_RUNTIME_TSAN_FIBERS)
  fiber.fiber = __tsan_create_fiber(0);
#endif
  (void)fiber, (void)bottom, (void)size;
}

// Only while another flow runs.
inline void DestroyFiber(SanitizerFiber& fiber) {
#if defined(UNDERSTUDY_RUNTIME_ASAN)
  __asan_unpoison_memory_region(fiber.bottom, fiber.size);
#endif
#if defined(UNDERSTUDY_RUNTIME_TSAN_FIBERS)
  if (fiber.fiber != nullptr) __tsan_destroy_fiber(fiber.fiber);
  fiber.fiber = nullptr;
#endif
  (void)fiber;
}

// The first thing that a new flow does. `previous` is where a thread's own bounds are noted.
inline void FinishFirstSwitch([[maybe_unused]] SanitizerFiber& previous,
                              [[maybe_unused]] bool previous_is_thread) {
#if defined(UNDERSTUDY_RUNTIME_ASAN)
  const void* bottom = nullptr;
  size_t size = 0;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &size);
  if (previous_is_thread) {
    previous.bottom = bottom;
    previous.size = size;
  }
#endif
}

// Switches and tells. With `leaves_for_good` the leaving flow never comes back.
inline void SwitchFiber(Context& from, [[maybe_unused]] SanitizerFiber& from_fiber,
                        const Context& to, [[maybe_unused]] SanitizerFiber& to_fiber, int* error,
                        ExceptionState* exceptions, [[maybe_unused]] bool leaves_for_good) {
#if defined(UNDERSTUDY_RUNTIME_ASAN)
  __sanitizer_start_switch_fiber(leaves_for_good ? nullptr : &from_fiber.fake_stack,
                                 to_fiber.bottom, to_fiber.size);
#endif
#if defined(UNDERSTUDY_RUNTIME_TSAN_FIBERS)
  __tsan_switch_to_fiber(to_fiber.fiber, 0);
#endif
  understudy_switch_context(&from, &to, error, exceptions);
#if defined(UNDERSTUDY_RUNTIME_ASAN)
  __sanitizer_finish_switch_fiber(from_fiber.fake_stack, nullptr, nullptr);
#endif
}

inline unsigned RegisterStack([[maybe_unused]] void* bottom, [[maybe_unused]] void* top) {
#if defined(UNDERSTUDY_RUNTIME_VALGRIND)
  return VALGRIND_STACK_REGISTER(bottom, top);
#else
  return 0;
#endif
}

inline void DeregisterStack([[maybe_unused]] unsigned id) {
#if defined(UNDERSTUDY_RUNTIME_VALGRIND)
  VALGRIND_STACK_DEREGISTER(id);
#endif
}

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_CONTEXT_SANITIZER_FIBER_H_
