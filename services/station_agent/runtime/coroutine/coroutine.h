#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_COROUTINE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_COROUTINE_H_

#include <cstddef>
#include <cstdint>

#include "services/station_agent/runtime/context/context.h"
#include "services/station_agent/runtime/context/sanitizer_fiber.h"

namespace understudy::station_agent::runtime {

struct Waiter;

// A running one is the manager's current one; what is stored for it stays kReady, so that a switch
// need not write to it.
enum class CoroutineState : uint8_t { kDead, kReady, kRunning, kWaiting };

// Higher ones run more often, none starves (see ReadyQueue).
enum class Priority : uint8_t { kHigh, kNormal, kLow };
inline constexpr int kPriorities = 3;

// How much stack a coroutine may use. Only pages that were touched cost memory.
enum class StackClass : uint8_t {
  kSmall,     // 16 KiB: leaf work with little C library in it
  kStandard,  // 64 KiB: protocol libraries
  kLarge,     // 256 KiB: TLS handshakes, parsers
  kHuge,      // 1 MiB: programs that were written for a thread's stack
};
inline constexpr int kStackClasses = 4;

// Names one coroutine for ever: a stale one is recognised. 0 is nobody.
using CoroutineId = uint64_t;

// What is known of a coroutine from its creation on. 32 bytes, dense in memory, because at 10,000
// first-time creations the pages that they touch are the cost. All that is needed only once it has
// run lies in a Body, on its stack.
struct Coroutine {
  using Invoke = void (*)(uint64_t payload);

  struct Start {
    Invoke invoke;
    uint64_t payload;
  };
  struct Body;
  struct Bound {
    Context context;
    Body* body;
  };

  union {
    Start start;  // until `has_stack`
    Bound bound;  // from then on
  };
  const char* name;  // outlives the coroutine
  uint32_t generation;
  CoroutineState state;
  Priority priority;
  StackClass stack_class;
  bool has_stack : 1;
  bool cancelled : 1;
  bool shielded : 1;       // cancellation waits until the shield goes
  bool delay_sampled : 1;  // its time in the ready queue is being measured
};
static_assert(sizeof(Coroutine) == 32);

// The top of a coroutine's stack.
struct Coroutine::Body {
  Start start;
  Waiter* joiners = nullptr;  // who waits for its end
  Coroutine* self = nullptr;
  [[no_unique_address]] SanitizerFiber fiber;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_COROUTINE_COROUTINE_H_
