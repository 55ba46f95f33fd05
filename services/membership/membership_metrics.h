#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_METRICS_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_METRICS_H_

#include <array>
#include <string>

#include "common/metrics/metrics.h"
#include "services/membership/session_table.h"

namespace understudy::membership {

// All that membership counts. Each is explained where it is registered.
struct MembershipMetrics {
  explicit MembershipMetrics(metrics::Registry& registry);

  // By BeatResult.
  std::array<metrics::Counter, kBeatResults> beats;
  metrics::Counter beat_batches;
  metrics::Counter beat_answers;
  metrics::Counter beat_answers_dropped;
  metrics::Counter beat_kernel_drops;
  metrics::Counter stream_beats;
  // By MemberState; the first is not used.
  std::array<metrics::Gauge, 5> members;
  // By Verdict; the first is not used.
  std::array<metrics::Counter, 4> verdicts;
  metrics::Histogram detection;
  metrics::Gauge storm_brake;
  metrics::Counter stalls;
  metrics::Counter stalled_seconds;
  metrics::Histogram tick;
  metrics::Counter joins;
  metrics::Counter joins_refused;
  metrics::Gauge streams;
  metrics::Gauge watchers;
  metrics::Counter events;
  metrics::Counter vault_writes_ok;
  metrics::Counter vault_writes_failed;
  metrics::Gauge vault_writes_waiting;
  metrics::Gauge epoch;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_METRICS_H_
