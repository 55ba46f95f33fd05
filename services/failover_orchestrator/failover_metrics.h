#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_METRICS_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_METRICS_H_

#include <map>
#include <string>
#include <string_view>

#include "common/metrics/metrics.h"
#include "services/failover_orchestrator/duty.h"

namespace understudy::failover_orchestrator {

// All that this service counts. Thread-safe.
struct FailoverMetrics {
  explicit FailoverMetrics(metrics::Registry& registry);

  // A failover became waiting, claimed, done or cancelled.
  void CountFailover(const FailoverRecord& record);
  void CountRefused(std::string_view reason) const;

  metrics::Counter failovers_done, drills_done, failovers_cancelled, abandoned;
  metrics::Gauge waiting_duties, attached_stations, spares, staged_documents, acting;
  metrics::Histogram detect, decide, fence, claim, activate, running, recovery;
  metrics::Counter orders_activate, orders_hold, orders_stand_down, orders_stage, orders_unstage;
  metrics::Counter orders_collect;
  metrics::Counter orders_dropped;
  metrics::Counter replies_hello, replies_staged, replies_accepted, replies_running,
      replies_refused, replies_stood_down, replies_change_waits, replies_collected, replies_bad;
  metrics::Counter vault_writes, vault_write_conflicts, vault_write_failures;
  metrics::Counter rehearsals, staging_failures;
  metrics::Counter updates_done, updates_failed;
  metrics::Counter collections_done, collections_failed, collections_timed_out;
  metrics::Gauge stations_to_collect;
  std::map<std::string, metrics::Counter, std::less<>> refused;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_METRICS_H_
