#include "services/failover_orchestrator/failover_metrics.h"

#include "absl/strings/str_cat.h"

namespace understudy::failover_orchestrator {
namespace {

constexpr char kPrefix[] = "understudy_failover_orchestrator_";
constexpr const char* kReasons[] = {"STALE_ORDER",
                                    "BUSY",
                                    "DOCUMENT_UNAVAILABLE",
                                    "HASH_MISMATCH",
                                    "NATIVE_PROCESS_DEAD",
                                    "NATIVE_PROCESS_REFUSED",
                                    "NATIVE_PROCESS_TIMEOUT",
                                    "CHANGED_HERE",
                                    "OTHER"};

metrics::Histogram Stage(metrics::Registry& registry, const char* stage) {
  return registry.AddHistogram(absl::StrCat(kPrefix, "stage_seconds"),
                               "How long each stage of finished failovers took.",
                               {{"stage", stage}});
}
metrics::Counter Finished(metrics::Registry& registry, const char* result) {
  return registry.AddCounter(absl::StrCat(kPrefix, "failovers_total"),
                             "Failovers that ended, by result.", {{"result", result}});
}
metrics::Counter Order(metrics::Registry& registry, const char* kind) {
  return registry.AddCounter(absl::StrCat(kPrefix, "orders_total"), "Orders sent to stations.",
                             {{"kind", kind}});
}
metrics::Counter Reply(metrics::Registry& registry, const char* kind) {
  return registry.AddCounter(absl::StrCat(kPrefix, "replies_total"), "Replies from stations.",
                             {{"kind", kind}});
}
metrics::Counter Update(metrics::Registry& registry, const char* result) {
  return registry.AddCounter(absl::StrCat(kPrefix, "document_updates_total"),
                             "Changed documents ordered to the stations that run their duties.",
                             {{"result", result}});
}
metrics::Counter Collected(metrics::Registry& registry, const char* result) {
  return registry.AddCounter(absl::StrCat(kPrefix, "collections_total"),
                             "Stations that were asked for their changes, by result.",
                             {{"result", result}});
}
metrics::Counter Write(metrics::Registry& registry, const char* result) {
  return registry.AddCounter(absl::StrCat(kPrefix, "vault_writes_total"),
                             "Writes to config-vault, by result.", {{"result", result}});
}
metrics::Gauge Level(metrics::Registry& registry, const char* name, const char* help) {
  return registry.AddGauge(absl::StrCat(kPrefix, name), help);
}

}  // namespace

FailoverMetrics::FailoverMetrics(metrics::Registry& registry)
    : failovers_done(Finished(registry, "done")),
      drills_done(Finished(registry, "drill_done")),
      failovers_cancelled(Finished(registry, "cancelled")),
      abandoned(registry.AddCounter(absl::StrCat(kPrefix, "abandoned_spares_total"),
                                    "Spares that were tried in finished failovers in vain.")),
      waiting_duties(Level(registry, "waiting_duties", "Duties that wait for a fitting backup.")),
      attached_stations(
          Level(registry, "attached_stations", "Stations with an open order stream.")),
      spares(Level(registry, "spares", "Stations that could take a duty now.")),
      staged_documents(
          Level(registry, "staged_documents", "Documents at spares, checked by hash, up to date.")),
      acting(Level(registry, "acting", "1 while this orchestrator decides, else 0.")),
      detect(Stage(registry, "detect")),
      decide(Stage(registry, "decide")),
      fence(Stage(registry, "fence")),
      claim(Stage(registry, "claim")),
      activate(Stage(registry, "activate")),
      running(Stage(registry, "running")),
      recovery(Stage(registry, "recovery")),
      orders_activate(Order(registry, "activate")),
      orders_hold(Order(registry, "hold")),
      orders_stand_down(Order(registry, "stand_down")),
      orders_stage(Order(registry, "stage")),
      orders_unstage(Order(registry, "unstage")),
      orders_collect(Order(registry, "collect")),
      orders_dropped(registry.AddCounter(absl::StrCat(kPrefix, "orders_dropped_total"),
                                         "Orders to stations whose stream was gone.")),
      replies_hello(Reply(registry, "hello")),
      replies_staged(Reply(registry, "staged")),
      replies_accepted(Reply(registry, "accepted")),
      replies_running(Reply(registry, "running")),
      replies_refused(Reply(registry, "refused")),
      replies_stood_down(Reply(registry, "stood_down")),
      replies_change_waits(Reply(registry, "change_waits")),
      replies_collected(Reply(registry, "collected")),
      replies_bad(Reply(registry, "malformed")),
      vault_writes(Write(registry, "ok")),
      vault_write_conflicts(Write(registry, "conflict")),
      vault_write_failures(Write(registry, "failed")),
      rehearsals(registry.AddCounter(absl::StrCat(kPrefix, "rehearsals_total"),
                                     "Failovers made ready for a station that was suspected.")),
      staging_failures(registry.AddCounter(absl::StrCat(kPrefix, "staging_failures_total"),
                                           "Documents that a station could not stage.")),
      updates_done(Update(registry, "done")),
      updates_failed(Update(registry, "failed")),
      collections_done(Collected(registry, "done")),
      collections_failed(Collected(registry, "failed")),
      collections_timed_out(Collected(registry, "timed_out")),
      stations_to_collect(Level(registry, "stations_to_collect",
                                "Stations that keep a change until they are collected.")) {
  for (const char* reason : kReasons) {
    refused.emplace(reason, registry.AddCounter(absl::StrCat(kPrefix, "refused_orders_total"),
                                                "Orders that stations refused, by reason.",
                                                {{"reason", reason}}));
  }
}

void FailoverMetrics::CountRefused(std::string_view reason) const {
  const auto found = refused.find(reason);
  (found == refused.end() ? refused.find("OTHER") : found)->second.Add();
}

void FailoverMetrics::CountFailover(const FailoverRecord& record) {
  if (record.state == FailoverState::kCancelled) failovers_cancelled.Add();
  if (record.state != FailoverState::kDone) return;
  (record.drill ? drills_done : failovers_done).Add();
  abandoned.Add(static_cast<double>(record.abandoned_stations.size()));
  const auto observe = [](const metrics::Histogram& histogram,
                          const std::optional<absl::Duration>& duration) {
    if (duration.has_value()) histogram.Observe(*duration);
  };
  observe(detect, record.stages.detect);
  observe(decide, record.stages.decide);
  observe(fence, record.stages.fence);
  observe(claim, record.stages.claim);
  observe(activate, record.stages.activate);
  observe(running, record.stages.running);
  observe(recovery, record.stages.recovery);
}

}  // namespace understudy::failover_orchestrator
