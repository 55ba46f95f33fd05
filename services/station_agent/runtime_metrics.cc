#include "services/station_agent/runtime_metrics.h"

#include <algorithm>

namespace understudy::station_agent {
namespace {

constexpr size_t kMaxNames = 16;
constexpr std::array<const char*, runtime::kStackClasses> kStackNames = {"small", "standard",
                                                                         "large", "huge"};

std::string Name(const char* thing) {
  return std::string("understudy_station_agent_runtime_") + thing;
}

}  // namespace

RuntimeMetrics::Growing RuntimeMetrics::Count(const char* thing, const char* help,
                                              const metrics::Labels& labels) {
  return {registry_.AddCounter(Name(thing), help, labels)};
}

metrics::Gauge RuntimeMetrics::Level(const char* thing, const char* help,
                                     const metrics::Labels& labels) {
  return registry_.AddGauge(Name(thing), help, labels);
}

RuntimeMetrics::RuntimeMetrics(metrics::Registry& registry) : registry_(registry) {
  constexpr char kAlive[] = "Coroutines alive, by state.";
  ready_ = Level("coroutines", kAlive, {{"state", "ready"}});
  running_ = Level("coroutines", kAlive, {{"state", "running"}});
  waiting_ = Level("coroutines", kAlive, {{"state", "waiting"}});
  capacity_ = Level("coroutine_capacity", "Coroutines that the pool has room for at present.");
  high_water_ = Level("coroutines_high_water", "Most coroutines alive at once.");
  spawned_ = Count("coroutines_spawned_total", "Coroutines made.");
  refused_ = Count("coroutines_refused_total", "Coroutines not made: as many lived as may.");
  uncaught_ = Count("coroutines_uncaught_total", "Coroutines ended by an exception.");
  switches_ = Count("switches_total", "Turns given to coroutines.");
  passes_ = Count("passes_total", "Batches of turns.");
  wakes_ = Count("wakes_total", "Pieces of work from other threads.");
  bells_ = Count("bells_total", "Writes to the eventfd because such work found the thread asleep.");
  timers_armed_ = Level("timers_armed", "Deadlines that are waited for.");
  timers_fired_ = Count("timers_fired_total", "Deadlines that passed.");
  run_delay_ = Count("run_delay_seconds_total", "From ready to running, in sum over the samples.");
  run_delay_samples_ = Count("run_delay_samples_total",
                             "Samples of the time from ready to "
                             "running; one coroutine is measured at a time.");
  longest_run_delay_ =
      Level("run_delay_longest_seconds", "Longest time from ready to running that was measured.");
  for (size_t i = 0; i < stacks_.size(); ++i) {
    const metrics::Labels labels = {{"class", kStackNames[i]}};
    stacks_[i] = {Level("stacks_in_use", "Stacks of coroutines in use, by class.", labels),
                  Level("stacks_free", "Stacks kept for the next, by class.", labels),
                  Level("stacks_high_water", "Most stacks in use at once, by class.", labels),
                  Count("stack_overflows_total", "Overflows found, by class.", labels)};
  }
  for (size_t i = 0; i < hooks_.size(); ++i) {
    hooks_[i] = Count("hooked_calls_total", "System calls of coroutines that were taken over.",
                      {{"family", runtime::kHookFamilyNames[i]}});
  }
}

void RuntimeMetrics::Show(const runtime::ManagerStats& stats) {
  const auto number = [](uint64_t value) { return static_cast<double>(value); };
  ready_.Set(stats.ready);
  running_.Set(stats.running);
  waiting_.Set(stats.waiting);
  capacity_.Set(stats.capacity);
  high_water_.Set(stats.high_water);
  spawned_.Show(number(stats.spawned));
  refused_.Show(number(stats.refused));
  uncaught_.Show(number(stats.uncaught));
  switches_.Show(number(stats.switches));
  passes_.Show(number(stats.passes));
  wakes_.Show(number(stats.wakes));
  bells_.Show(number(stats.bells));
  if (stats.longest_run.name != nullptr) {
    ShowRun(NameFor(stats.longest_run.name), stats.longest_run.lasted);
  }
  timers_armed_.Set(number(stats.timers_armed));
  timers_fired_.Show(number(stats.timers_fired));
  run_delay_.Show(absl::ToDoubleSeconds(stats.run_delay.total));
  run_delay_samples_.Show(number(stats.run_delay.samples));
  longest_run_delay_.Set(absl::ToDoubleSeconds(stats.run_delay.longest));
  for (size_t i = 0; i < stacks_.size(); ++i) {
    stacks_[i].in_use.Set(number(stats.stacks[i].in_use));
    stacks_[i].free.Set(number(stats.stacks[i].free));
    stacks_[i].high_water.Set(number(stats.stacks[i].high_water));
    stacks_[i].overflows.Show(number(stats.stacks[i].overflows));
  }
  for (size_t i = 0; i < hooks_.size(); ++i) hooks_[i].Show(number(stats.hooks[i]));
}

void RuntimeMetrics::CountHog(const runtime::HogReport& report) {
  const std::string name = NameFor(report.name);
  const std::string kind = report.kind == runtime::HogKind::kComputes ? "computes" : "blocks";
  auto [hog, is_new] = hogs_.try_emplace({name, kind});
  if (is_new) {
    hog->second = registry_.AddCounter(
        Name("hogs_total"), "Times that a coroutine kept its thread too long, by its name.",
        {{"coroutine", name}, {"kind", kind}});
  }
  hog->second.Add();
  ShowRun(name, report.so_far);
}

std::string RuntimeMetrics::NameFor(const std::string& name) {
  const absl::MutexLock lock(&mutex_);
  return longest_runs_.contains(name) || longest_runs_.size() < kMaxNames ? name : "other";
}

void RuntimeMetrics::ShowRun(const std::string& name, absl::Duration lasted) {
  const absl::MutexLock lock(&mutex_);
  auto [run, first] = longest_runs_.try_emplace(name);
  if (first) {
    run->second.first = Level("longest_run_seconds",
                              "Longest run without yielding, of those that kept their thread too "
                              "long or ran longer than all before.",
                              {{"coroutine", name}});
  }
  run->second.second = std::max(run->second.second, lasted);
  run->second.first.Set(absl::ToDoubleSeconds(run->second.second));
}

}  // namespace understudy::station_agent
