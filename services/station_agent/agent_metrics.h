#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_AGENT_METRICS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_AGENT_METRICS_H_

#include <array>
#include <map>
#include <string>

#include "common/beat/beat.h"
#include "common/metrics/metrics.h"

namespace understudy::station_agent {

// Everything that the agent counts. Thread-safe, as its handles are.
struct AgentMetrics {
  // `registry` must outlive the metrics.
  explicit AgentMetrics(metrics::Registry& registry);

  metrics::Counter joins;
  metrics::Counter joins_failed;
  metrics::Counter sessions_over;
  metrics::Counter beats_sent;
  metrics::Counter beats_sent_over_stream;
  metrics::Counter beats_answered;
  metrics::Histogram beat_round_trip;
  metrics::Counter standstills;

  metrics::Histogram activation;
  metrics::Counter uploads_done;
  metrics::Counter uploads_retried;
  metrics::Counter uploads_stale;
  metrics::Counter uploads_refused;
  metrics::Counter configurations_invalid;
  metrics::Counter documents_damaged;

  metrics::Counter link_frames;
  metrics::Counter link_bad_frames;
  metrics::Gauge native_attached;
  metrics::Counter native_deaths;

  metrics::Gauge cpu_used;
  metrics::Gauge memory_used;
  metrics::Gauge disk_used;
  metrics::Gauge native_memory;
  metrics::Gauge children;
  metrics::Gauge children_alive;
  metrics::Gauge faults;
  metrics::Gauge documents_kept;
  metrics::Gauge holds_duty;

  // By kind: "stage", "unstage", "activate", "hold", "stand_down", "bad".
  void CountOrder(const std::string& kind) const;
  // By kind: "staged", "accepted", "running", "refused", "stood_down".
  void CountReply(const std::string& kind) const;
  void CountBadAnswer(beat::Outcome outcome) const;
  // What the native process says beyond memory and CPU. Only the first 16 names ever seen get a
  // series. Not thread-safe.
  void SetCustom(const std::string& name, double value);

 private:
  metrics::Registry& registry_;
  std::map<std::string, metrics::Counter> orders_;
  std::map<std::string, metrics::Counter> replies_;
  std::array<metrics::Counter, beat::kOutcomes> bad_answers_;
  std::map<std::string, metrics::Gauge> custom_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_AGENT_METRICS_H_
