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

}  // namespace

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

const char* InternName(const std::string& name) {
  static absl::Mutex mutex(absl::kConstInit);
  static auto* names = new std::unordered_set<std::string>;
  absl::MutexLock lock(&mutex);
  if (names->size() >= kMaxNames && !names->contains(name)) return "(too many names)";
  return names->insert(name).first->c_str();
}

RunSample Manager::Sample() const {
  RunSample sample;
  sample.switches = switches();
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
  stats.switches = switches();
  stats.passes = passes_;
  stats.wakes = wakes_;
  stats.bells = bells_.load(std::memory_order_relaxed);
  stats.timers_armed = timers_.size();
  stats.timers_fired = timers_fired_;
  stats.run_delay = run_delay_;
  stats.longest_run = longest_run_;
  for (int i = 0; i < kStackClasses; ++i) {
    stats.stacks[static_cast<size_t>(i)] = stacks_.stats(static_cast<StackClass>(i));
  }
  stats.hooks = hook_counts_;
  return stats;
}

std::vector<CoroutineReport> Manager::List(size_t limit) {
  const SteadyTime now = clock_.SteadyNow();
  std::vector<CoroutineReport> reports;
  pool_.ForEach([&](const Coroutine& coroutine) {
    if (reports.size() == limit) return;
    CoroutineReport& report = reports.emplace_back();
    report.id = pool_.IdOf(&coroutine);
    report.name = coroutine.name;
    report.state = StateOf(coroutine);
    report.cancelled = coroutine.cancelled;
    if (report.state != CoroutineState::kWaiting) return;
    const WaitPlace place = waits_[pool_.IndexOf(&coroutine)];
    if (const Sleep* sleep = place.sleeper(); sleep != nullptr) {
      report.waits_for = sleep->what;
      report.waiting = now - sleep->since;
    } else if (const Waiter* waiter = place.waiter(); waiter != nullptr) {
      report.waits_for = waiter->what;
      report.descriptor = waiter->descriptor;
      report.waiting = now - waiter->since;
    }
  });
  return reports;
}

std::string Manager::Dump() {
  std::string text;
  for (const CoroutineReport& report : List(pool_.live())) {
    absl::StrAppendFormat(&text, "%u.%u %s %s", static_cast<uint32_t>(report.id),
                          static_cast<uint32_t>(report.id >> 32), report.name,
                          NameOf(report.state));
    if (report.waits_for != nullptr) {
      absl::StrAppendFormat(&text, " for %s", report.waits_for);
      if (report.descriptor >= 0) absl::StrAppendFormat(&text, " on %d", report.descriptor);
      absl::StrAppendFormat(&text, " since %.3f s", absl::ToDoubleSeconds(report.waiting));
    }
    if (report.cancelled) text += " (cancelled)";
    text += '\n';
  }
  return text;
}

}  // namespace understudy::station_agent::runtime
