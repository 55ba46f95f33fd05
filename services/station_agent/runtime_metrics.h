#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_METRICS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_METRICS_H_

#include <array>
#include <map>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics/metrics.h"
#include "services/station_agent/runtime/scheduler/hog_detector.h"
#include "services/station_agent/runtime/scheduler/manager_stats.h"

namespace understudy::station_agent {

// The coroutine runtime's figures, for one thread of it.
class RuntimeMetrics {
 public:
  // `registry` must outlive the metrics.
  explicit RuntimeMetrics(metrics::Registry& registry);

  // Not thread-safe.
  void Show(const runtime::ManagerStats& stats);
  // From one other thread, too. Only the first 16 names ever seen get a series; the rest share
  // "other".
  void CountHog(const runtime::HogReport& report);

 private:
  // A count that the runtime keeps itself: what it grew by is added.
  struct Growing {
    metrics::Counter counter;
    double shown = 0;

    void Show(double value) {
      counter.Add(value - shown);
      shown = value;
    }
  };
  struct StackMetrics {
    metrics::Gauge in_use;
    metrics::Gauge free;
    metrics::Gauge high_water;
    Growing overflows;
  };

  std::string NameFor(const std::string& name);
  void ShowRun(const std::string& name, absl::Duration lasted);
  Growing Count(const char* thing, const char* help, const metrics::Labels& labels = {});
  metrics::Gauge Level(const char* thing, const char* help, const metrics::Labels& labels = {});

  metrics::Registry& registry_;
  metrics::Gauge ready_;
  metrics::Gauge running_;
  metrics::Gauge waiting_;
  metrics::Gauge capacity_;
  metrics::Gauge high_water_;
  Growing spawned_;
  Growing refused_;
  Growing uncaught_;
  Growing switches_;
  Growing passes_;
  Growing wakes_;
  Growing bells_;
  metrics::Gauge timers_armed_;
  Growing timers_fired_;
  Growing run_delay_;
  Growing run_delay_samples_;
  metrics::Gauge longest_run_delay_;
  std::array<StackMetrics, runtime::kStackClasses> stacks_;
  std::array<Growing, runtime::kHookFamilies> hooks_;
  // By name and kind.
  std::map<std::pair<std::string, std::string>, metrics::Counter> hogs_;
  absl::Mutex mutex_;
  std::map<std::string, std::pair<metrics::Gauge, absl::Duration>> longest_runs_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_METRICS_H_
