#include <cinttypes>
#include <cstdio>
#include <unordered_set>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr size_t kMaxNames = 65'536;

const char* NameOf(CoroutineState state) {
  switch (state) {
    case CoroutineState::kDead:
      return "dead";
    case CoroutineState::kReady:
      return "ready";
    case CoroutineState::kRunning:
      return "running";
    case CoroutineState::kWaiting:
      return "waiting";
  }
  return "?";
}

}  // namespace

const char* InternName(const std::string& name) {
  static absl::Mutex mutex(absl::kConstInit);
  static auto* names = new std::unordered_set<std::string>;
  absl::MutexLock lock(&mutex);
  if (names->size() >= kMaxNames && !names->contains(name)) return "(too many names)";
  return names->insert(name).first->c_str();
}

RunSample Manager::Sample() const {
  RunSample sample;
  sample.switches = switches_.load(std::memory_order_relaxed);
  sample.thread_id = thread_id_.load(std::memory_order_relaxed);
  sample.asleep = asleep_.load(std::memory_order_relaxed);
  sample.trimmed = trimmed_.load(std::memory_order_relaxed);
  const Coroutine* coroutine = running_.load(std::memory_order_relaxed);
  if (coroutine != nullptr) sample.name = __atomic_load_n(&coroutine->name, __ATOMIC_ACQUIRE);
  return sample;
}

ManagerStats Manager::stats() const {
  ManagerStats stats;
  stats.ready = ready_.size();
  stats.running = current() != nullptr ? 1 : 0;
  stats.waiting = pool_.live() - stats.ready - stats.running;
  stats.capacity = pool_.capacity();
  stats.high_water = pool_.high_water();
  stats.spawned = spawned_;
  stats.refused = refused_;
  stats.uncaught = uncaught_;
  stats.switches = switches_.load(std::memory_order_relaxed);
  stats.passes = passes_;
  stats.wakes = wakes_;
  stats.timers_armed = timers_.size();
  stats.timers_fired = timers_fired_;
  stats.run_delay = run_delay_;
  for (int i = 0; i < kStackClasses; ++i) {
    stats.stacks[static_cast<size_t>(i)] = stacks_.stats(static_cast<StackClass>(i));
  }
  stats.hooks = hook_counts_;
  return stats;
}

std::string Manager::Dump() {
  std::string text;
  pool_.ForEach([&](const Coroutine& coroutine) {
    absl::StrAppendFormat(&text, "%u.%u %s %s", pool_.IndexOf(&coroutine), coroutine.generation,
                          coroutine.name, NameOf(coroutine.state));
    const Waiter* waiter = coroutine.has_stack && coroutine.state == CoroutineState::kWaiting
                               ? coroutine.bound.body->waiter
                               : nullptr;
    if (waiter != nullptr) {
      absl::StrAppendFormat(&text, " for %s", waiter->what);
      if (waiter->descriptor >= 0) absl::StrAppendFormat(&text, " on %d", waiter->descriptor);
      absl::StrAppendFormat(&text, " since %.3f s",
                            absl::ToDoubleSeconds(clock_.SteadyNow() - waiter->since));
    }
    if (coroutine.cancelled) text += " (cancelled)";
    text += '\n';
  });
  return text;
}

}  // namespace understudy::station_agent::runtime
