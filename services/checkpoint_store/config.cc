#include "services/checkpoint_store/config.h"

#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"

namespace understudy::checkpoint_store {
namespace {

constexpr char kDefaultListen[] = "127.0.0.1:7104";
constexpr char kDefaultHttpListen[] = "127.0.0.1:8104";

size_t Count(config::ConfigReader& reader, const char* key, size_t fallback, int64_t low,
             int64_t high) {
  return static_cast<size_t>(reader.IntOr(key, static_cast<int64_t>(fallback), {low, high}));
}

absl::Duration Time(config::ConfigReader& reader, const char* key, absl::Duration fallback) {
  return reader.DurationOr(key, fallback, {absl::Milliseconds(100), absl::Hours(24)});
}

void ReadHttp(config::ConfigReader reader, const rpc::ServiceConfig& service,
              HttpServerOptions& http) {
  http.listen = reader.AddressOr("listen", kDefaultHttpListen);
  http.tls = service.tls;
  const auto address = config::ParseAddress(http.listen);
  if (!service.tls.has_value() && address.has_value() && !config::IsLoopback(address->host)) {
    reader.Problem("listen",
                   absl::StrCat("expected a loopback address because of \"insecure: true\", found ",
                                http.listen));
  }
  http.threads = Count(reader, "threads", http.threads, 1, 64);
  http.max_connections = Count(reader, "max_connections", http.max_connections, 1, 1'000'000);
  http.max_connections_per_source = Count(reader, "max_connections_per_source",
                                          http.max_connections_per_source, 1, 1'000'000);
  http.header_timeout = Time(reader, "header_timeout", http.header_timeout);
  http.body_timeout = Time(reader, "body_timeout", http.body_timeout);
  http.idle_timeout = Time(reader, "idle_timeout", http.idle_timeout);
}

void ReadIdentifiers(config::ConfigReader reader, CheckpointPolicy& policy) {
  policy.min_identifier_bits = Count(reader, "min_bits", policy.min_identifier_bits, 32, 128);
  policy.max_short_identifiers =
      Count(reader, "max_short", policy.max_short_identifiers, 0, 1'000'000);
  policy.keep_dead_identifiers = Count(reader, "keep_dead", policy.keep_dead_identifiers, 0, 64);
}

void ReadCheckpoints(config::ConfigReader reader, CheckpointPolicy& policy) {
  policy.keep_generations = Count(reader, "keep_generations", policy.keep_generations, 1, 100);
  policy.max_names = Count(reader, "max_names", policy.max_names, 1, 100);
  policy.max_checkpoint_bytes =
      reader.SizeOr("max_size", policy.max_checkpoint_bytes, {1, 1 << 20});
  policy.max_devices = Count(reader, "max_devices", policy.max_devices, 1, 10'000'000);
}

void ReadGuard(config::ConfigReader reader, GuessPolicy& guard) {
  guard.source_budget =
      static_cast<uint32_t>(Count(reader, "source_budget", guard.source_budget, 1, 1'000'000));
  guard.source_refill = Time(reader, "source_refill", guard.source_refill);
  guard.first_delay = Time(reader, "first_delay", guard.first_delay);
  guard.max_delay = Time(reader, "max_delay", guard.max_delay);
  guard.block_after =
      static_cast<uint32_t>(Count(reader, "block_after", guard.block_after, 1, 1000));
  guard.total_budget = reader.DoubleOr("total_budget", guard.total_budget, {1, 1e9});
  guard.total_per_second =
      reader.DoubleOr("total_per_second", guard.total_per_second, {0.001, 1e9});
  guard.good_standing = reader.DurationOr("good_standing", guard.good_standing,
                                          {absl::Seconds(1), absl::Hours(24 * 366)});
  guard.max_sources = Count(reader, "max_sources", guard.max_sources, 1, 10'000'000);
}

void ReadOverdue(config::ConfigReader reader, OverduePolicy& overdue) {
  overdue.grace =
      reader.DurationOr("grace", overdue.grace, {absl::ZeroDuration(), absl::Hours(24 * 366)});
  overdue.learned_factor =
      reader.DoubleOr("learned_factor", overdue.learned_factor, {1.0, 100.0});
}

void ReadOperators(config::ConfigReader reader, Config& config) {
  config.operator_names = reader.Strings("certificate_names");
  if (reader.Has("tokens_file")) config.tokens_file = reader.String("tokens_file");
}

}  // namespace

Config ReadConfig(config::ConfigReader& reader) {
  Config config;
  config.service = rpc::ReadServiceConfig(reader, kDefaultListen);
  ReadHttp(reader.SectionOr("http"), config.service, config.http);
  config.data_directory = reader.String("data_directory");
  if (reader.Has("key_file")) config.key_file = reader.String("key_file");
  config.cache_bytes = reader.SizeOr("cache", config.cache_bytes, {1 << 20, uint64_t{64} << 30});
  config.write_buffer_bytes =
      reader.SizeOr("write_buffer", config.write_buffer_bytes, {1 << 20, uint64_t{1} << 30});
  ReadCheckpoints(reader.SectionOr("checkpoints"), config.policy);
  ReadIdentifiers(reader.SectionOr("identifiers"), config.policy);
  config.http.max_body_bytes = config.policy.max_checkpoint_bytes;
  ReadGuard(reader.SectionOr("guard"), config.guard);
  ReadOverdue(reader.SectionOr("overdue"), config.overdue);
  ReadOperators(reader.SectionOr("operators"), config);
  config.max_watchers = Count(reader, "max_watchers", config.max_watchers, 1, 100'000);
  return config;
}

}  // namespace understudy::checkpoint_store
