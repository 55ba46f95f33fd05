#include "services/failover_orchestrator/config.h"

namespace understudy::failover_orchestrator {
namespace {

size_t Count(config::ConfigReader& reader, const char* key, size_t fallback, int64_t low,
             int64_t high) {
  return static_cast<size_t>(reader.IntOr(key, static_cast<int64_t>(fallback), {low, high}));
}

FailoverPolicy ReadPolicy(config::ConfigReader& reader) {
  const absl::Duration ms = absl::Milliseconds(1);
  FailoverPolicy policy;
  policy.accept_timeout =
      reader.DurationOr("accept_timeout", policy.accept_timeout, {10 * ms, absl::Minutes(1)});
  policy.running_timeout =
      reader.DurationOr("running_timeout", policy.running_timeout, {10 * ms, absl::Minutes(10)});
  policy.attach_grace =
      reader.DurationOr("attach_grace", policy.attach_grace, {0 * ms, absl::Minutes(1)});
  policy.fence_margin =
      reader.DurationOr("fence_margin", policy.fence_margin, {0 * ms, absl::Seconds(10)});
  policy.former_root_grace =
      reader.DurationOr("former_root_grace", policy.former_root_grace, {0 * ms, absl::Seconds(10)});
  policy.default_lease =
      reader.DurationOr("default_lease", policy.default_lease, {10 * ms, absl::Minutes(10)});
  policy.abandoned_retry =
      reader.DurationOr("abandoned_retry", policy.abandoned_retry, {100 * ms, absl::Hours(24)});
  StagingPolicy& staging = policy.staging;
  staging.spares_per_duty = Count(reader, "stage_spares", staging.spares_per_duty, 0, 1000);
  staging.max_per_station =
      Count(reader, "max_staged_per_station", staging.max_per_station, 1, 100'000);
  staging.max_unanswered = Count(reader, "max_unanswered_stages", staging.max_unanswered, 1, 1000);
  staging.retry = reader.DurationOr("stage_retry", staging.retry, {100 * ms, absl::Hours(1)});
  staging.answer_timeout =
      reader.DurationOr("stage_timeout", staging.answer_timeout, {100 * ms, absl::Hours(1)});
  return policy;
}

CollectionPolicy ReadCollection(config::ConfigReader& reader) {
  CollectionPolicy policy;
  policy.interval = reader.DurationOr("collect_interval", policy.interval,
                                      {absl::Milliseconds(100), absl::Hours(24)});
  policy.jitter = reader.DurationOr("collect_jitter", policy.interval / 10,
                                    {absl::ZeroDuration(), absl::Hours(24)});
  policy.max_under_way = Count(reader, "max_collections", policy.max_under_way, 1, 10'000);
  policy.answer_timeout = reader.DurationOr("collect_timeout", policy.answer_timeout,
                                            {absl::Milliseconds(100), absl::Hours(1)});
  if (policy.jitter > policy.interval) {
    reader.Problem("collect_jitter", "expected at most collect_interval");
  }
  return policy;
}

}  // namespace

Config ReadConfig(config::ConfigReader& reader) {
  Config config;
  config.service = rpc::ReadServiceConfig(reader, "127.0.0.1:7103");
  config.vault = reader.AddressOr("vault", "127.0.0.1:7102");
  config.membership = reader.AddressOr("membership", "127.0.0.1:7101");
  config.vault_timeout = reader.DurationOr("vault_timeout", absl::Seconds(1),
                                           {absl::Milliseconds(10), absl::Minutes(1)});
  config.drill_timeout = reader.DurationOr("drill_timeout", absl::Seconds(30),
                                           {absl::Milliseconds(100), absl::Hours(1)});
  config.policy = ReadPolicy(reader);
  config.collection = ReadCollection(reader);
  config.max_stations = Count(reader, "max_stations", 10'000, 1, 1'000'000);
  config.order_queue = Count(reader, "order_queue", 256, 16, 65'536);
  config.max_watchers = Count(reader, "max_watchers", 64, 1, 10'000);
  if (config.order_queue < 2 * config.policy.staging.max_unanswered) {
    reader.Problem("order_queue",
                   "expected at least twice max_unanswered_stages, so that staging cannot fill it");
  }
  return config;
}

}  // namespace understudy::failover_orchestrator
