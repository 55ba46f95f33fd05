#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_RUNNER_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_RUNNER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "common/executor/afterwards.h"
#include "common/executor/alarm.h"
#include "common/executor/executor.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/failover_orchestrator/failover_core.h"
#include "services/failover_orchestrator/failover_metrics.h"
#include "services/failover_orchestrator/ports.h"

namespace understudy::failover_orchestrator {

// Runs the core on its executor: brings inputs to it, does what it wants, and wakes it when its
// time has come. All inputs that wait are taken before it decides, so that duties that fail
// together are placed together.
class FailoverRunner {
 public:
  using Input = absl::AnyInvocable<void(FailoverCore&, Instant)>;
  using OnDrillDone = absl::AnyInvocable<void(absl::StatusOr<FailoverRecord>)>;

  struct Parts {
    const Clock& clock;
    Random& random;
    Executor& executor;
    RegistryPort& registry;
    StationPort& stations;
    FailoverMetrics& metrics;
  };

  // All parts must outlive the runner, and the executor must be stopped before it is destroyed.
  FailoverRunner(FailoverPolicy policy, absl::Duration drill_timeout, Parts parts);

  // Hands an input to the core; from any thread.
  void Post(Input input);
  // On the executor: without the detour.
  void Take(Input input);
  // From any thread; `done` is called once, on the executor, or dropped with it.
  void Drill(const std::string& station_id, bool dry_run, OnDrillDone done);

  // Set before the first input. Called on the executor.
  void SetOnFailover(std::function<void(const FailoverRecord&)> on_failover) {
    on_failover_ = std::move(on_failover);
  }
  void SetOnActing(std::function<void(bool)> on_acting) { on_acting_ = std::move(on_acting); }

  // Only on the executor.
  const FailoverCore& core() const { return core_; }

 private:
  Instant Now() const { return {parts_.clock.SteadyNow(), parts_.clock.WallNow()}; }
  void ScheduleFlush();
  void Flush();
  void ScheduleBackground();
  void RunBackground();
  void ScheduleGauges();

  void Do(const CreateDuty& action);
  void Do(const ClaimDuty& action);
  void Do(const RehearseClaim& action);
  void Do(const ConfirmDuty& action);
  void Do(const RecordFailover& action);
  void Do(const LoadRegistry& action);
  void Do(const SendActivate& action);
  void Do(const SendHold& action);
  void Do(const SendStandDown& action);
  void Do(const SendStage& action);
  void Do(const SendUnstage& action);
  void Do(const FailoverChanged& action);
  void Do(const DocumentUpdated& action);
  void Do(const AnswerDrill& action);
  void Do(const failover_orchestrator::Report& action);
  template <typename Order>
  void SendOrder(const Order& order, const metrics::Counter& sent);
  void Announce(const FailoverRecord& record);
  void OnWritten(uint64_t token, WriteResult result);
  void FinishDrill(uint64_t drill, absl::StatusOr<FailoverRecord> answer);

  Parts parts_;
  const absl::Duration drill_timeout_;
  const log::Logger log_{"failover"};
  FailoverCore core_;
  Alarm alarm_;
  Alarm background_alarm_;
  Afterwards afterwards_;
  std::function<void(const FailoverRecord&)> on_failover_;
  std::function<void(bool)> on_acting_;
  bool acting_ = false;
  bool flush_posted_ = false;
  bool background_posted_ = false;
  bool gauges_scheduled_ = false;
  std::map<uint64_t, OnDrillDone> drills_;
  uint64_t last_drill_ = 0;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_RUNNER_H_
