#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_MANAGER_STATS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_MANAGER_STATS_H_

#include <array>
#include <cstdint>

#include "absl/time/time.h"
#include "services/station_agent/runtime/coroutine/stack_pool.h"
#include "services/station_agent/runtime/scheduler/hog_detector.h"

namespace understudy::station_agent::runtime {

enum class HookFamily : uint8_t { kSocket, kReadWrite, kPoll, kSleep, kDescriptor, kName };
inline constexpr int kHookFamilies = 6;
inline constexpr std::array<const char*, kHookFamilies> kHookFamilyNames = {
    "socket", "read_write", "poll", "sleep", "descriptor", "name"};

// How long ready coroutines waited for their turn: one of them is measured at a time.
struct RunDelay {
  uint64_t samples = 0;
  absl::Duration total;
  absl::Duration longest;
};

struct ManagerStats {
  uint32_t ready = 0;
  uint32_t running = 0;
  uint32_t waiting = 0;
  uint32_t capacity = 0;
  uint32_t high_water = 0;
  uint64_t spawned = 0;
  uint64_t refused = 0;   // max_coroutines lived
  uint64_t uncaught = 0;  // ended by an exception
  uint64_t switches = 0;
  uint64_t passes = 0;  // of the loop
  uint64_t wakes = 0;   // pieces of work from other threads
  uint64_t bells = 0;   // of these, that found the thread asleep: one write to its eventfd each
  uint64_t timers_armed = 0;
  uint64_t timers_fired = 0;
  RunDelay run_delay;
  // By the clock in one pass of sixteen, and of those that a watchdog saw at two looks or more.
  NamedRun longest_run;
  std::array<StackClassStats, kStackClasses> stacks;
  std::array<uint64_t, kHookFamilies> hooks{};  // calls, by HookFamily
};

// What one coroutine is doing.
struct CoroutineReport {
  CoroutineId id = 0;
  const char* name = nullptr;
  CoroutineState state = CoroutineState::kDead;
  // While it waits: for what, on which descriptor (-1: none), since how long.
  const char* waits_for = nullptr;
  int descriptor = -1;
  absl::Duration waiting;
  bool cancelled = false;
};

// "ready", "running", "waiting" or "dead".
const char* NameOf(CoroutineState state);

// A moment of a manager, as another thread sees it.
struct RunSample {
  uint64_t switches = 0;
  const char* name = nullptr;  // of the coroutine that runs; null between them
  int thread_id = 0;           // 0: not running yet
  bool asleep = false;         // nothing to run
  bool trimmed = true;         // nothing to give back
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_MANAGER_STATS_H_
