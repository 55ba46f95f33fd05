#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_SELF_WATCH_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_SELF_WATCH_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/executor/executor.h"
#include "common/time/clock.h"
#include "services/station_agent/agent_metrics.h"
#include "services/station_agent/health_limits.h"
#include "services/station_agent/link/agent_link.h"
#include "services/station_agent/membership_session.h"
#include "services/station_agent/runtime/scheduler/runtime.h"
#include "services/station_agent/system_probe.h"

namespace understudy::station_agent {

// Watches the station itself: the machine, the native process and the child devices, of which the
// native process tells or which the agent asks itself; knows which limits are passed. All calls on
// the executor; what has to be looked at regularly is looked at in coroutines.
class SelfWatch {
 public:
  struct Parts {
    // `clock`, `link` and `metrics` must outlive the watch and both executors' work.
    const Clock& clock;
    std::shared_ptr<Executor> executor;
    // Where the machine is asked and the native process's heartbeat is looked at, now and again.
    // Must have stopped before the watch dies.
    runtime::Runtime& runtime;
    const AgentLink& link;
    AgentMetrics& metrics;
    std::string state_directory;
  };
  // Runs on the executor: the faults, the native process or the children changed.
  using OnChange = std::function<void()>;

  SelfWatch(Parts parts, const HealthLimitsOptions& limits, absl::Duration interval,
            OnChange on_change);

  void Start();

  void OnNativeAttached();
  void OnNativeLost();
  void OnNativeIndicators(const NativeIndicators& indicators);
  void OnNativeChildren(const std::vector<NativeChild>& children);
  // A device that the agent asks itself; not alive until OnDevice says so. Of one that the native
  // process reports too, the agent's word counts.
  void ExpectDevice(const std::string& id, const std::string& type);
  void OnDevice(const std::string& id, bool alive);
  void SetHoldsDuty(bool holds) { limits_.SetHoldsDuty(holds); }

  Indicators indicators() const;
  std::vector<FaultReport> faults() const { return limits_.Faults(); }
  uint16_t health_bits() const { return limits_.Bits(); }
  // By id; at most as many as membership takes in a report. The agent's own come first then.
  std::vector<ChildDevice> children() const;

 private:
  // Coroutines.
  void MeasureNowAndAgain();
  void MeasureDiskNowAndAgain();
  void LookAtHeartbeatNowAndAgain(uint32_t attachment);

  void OnFigures(const SystemProbe::Figures& figures);
  void OnDiskUsed(double used);
  void Judge();
  void ShowFaults(bool changed);
  void ShowChildren();

  Parts parts_;
  const absl::Duration interval_;
  const OnChange on_change_;
  SystemProbe probe_;  // of the measuring coroutine alone
  HealthLimits limits_;
  HealthSample sample_;
  bool sampled_ = false;
  bool native_attached_ = false;
  // Changes whenever a native process comes or goes.
  std::atomic<uint32_t> attachment_{0};
  std::map<std::string, ChildDevice> children_;  // of the native process
  std::map<std::string, ChildDevice> devices_;   // asked by the agent
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_SELF_WATCH_H_
