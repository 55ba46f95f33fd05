#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_STORE_METRICS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_STORE_METRICS_H_

#include <array>
#include <cstddef>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "common/metrics/metrics.h"
#include "services/checkpoint_store/device_directory.h"

namespace understudy::checkpoint_store {

// All numbers that checkpoint-store tells Prometheus; README.md explains each. Thread-safe.
class StoreMetrics {
 public:
  explicit StoreMetrics(metrics::Registry& registry);

  enum class Operation { kProbe, kEnrol, kFetch, kStore, kAdmin };
  enum class Result { kOk, kNotFound, kDead, kConflict, kInvalid, kRefused, kGuarded, kFailed };
  // Ok, or the group of the reason.
  static Result ResultOf(const absl::Status& status);
  void CountRequest(Operation operation, Result result);
  void CountEvent(Event::Kind kind);
  // From the directory, now and then.
  void Show(const DeviceDirectory::Totals& totals, size_t devices, size_t overdue,
            uint64_t guesses) const;

  metrics::Histogram commit_seconds;
  metrics::Histogram commit_commands;
  metrics::Counter guesses;
  metrics::Counter refused_sources;
  metrics::Gauge sources;
  metrics::Gauge disk_bytes;
  metrics::Gauge disk_writable;
  metrics::Gauge watchers;
  metrics::Counter watchers_too_slow;

  metrics::Gauge connections;
  metrics::Counter connections_refused;
  metrics::Counter connections_timed_out;
  metrics::Counter handshakes_full;
  metrics::Counter handshakes_resumed;
  metrics::Counter handshakes_failed;
  metrics::Counter bad_requests;

 private:
  static constexpr size_t kOperationCount = 5;
  static constexpr size_t kResultCount = 8;

  metrics::Gauge devices_;
  metrics::Gauge overdue_;
  metrics::Gauge revoked_;
  metrics::Gauge staged_;
  metrics::Gauge content_bytes_;
  metrics::Gauge guess_probability_;
  metrics::Gauge guess_probability_so_far_;
  // By operation, then by result.
  std::array<std::array<metrics::Counter, kResultCount>, kOperationCount> requests_;
  std::map<Event::Kind, metrics::Counter> events_;
};

// The chance that `trials` random ones hit at least once, each with this chance.
double ChanceOfAnyHit(double per_trial, uint64_t trials);

// "cycle", "overdue", "dead_post", ...
std::string_view EventKindName(Event::Kind kind);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_STORE_METRICS_H_
