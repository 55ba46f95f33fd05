#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_COLLECTION_RUNNER_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_COLLECTION_RUNNER_H_

#include <functional>
#include <string>

#include "common/executor/alarm.h"
#include "common/executor/executor.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/failover_orchestrator/collection_planner.h"
#include "services/failover_orchestrator/failover_metrics.h"

namespace understudy::failover_orchestrator {

// Asks stations with SCHEDULED sync for what they have changed, when their turn has come. All calls
// on the executor.
class CollectionRunner {
 public:
  // Sends the order; false when the station's stream is gone.
  using Ask = std::function<bool(const CollectionPlanner::Collection&)>;
  struct Parts {
    const Clock& clock;
    Random& random;
    Executor& executor;
    FailoverMetrics& metrics;
  };
  // All parts must outlive the runner, and the executor must be stopped before it is destroyed.
  CollectionRunner(const CollectionPolicy& policy, Parts parts, Ask ask);

  void OnChanged(const std::string& station_id, const std::string& duty_id);
  // `error` is for people; empty: what the station kept is in the vault.
  void OnCollected(const std::string& station_id, const std::string& error);
  void OnDetached(const std::string& station_id);

 private:
  void Run();

  Parts parts_;
  const Ask ask_;
  const log::Logger log_{"collection"};
  CollectionPlanner planner_;
  uint64_t timed_out_ = 0;
  Alarm alarm_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_COLLECTION_RUNNER_H_
