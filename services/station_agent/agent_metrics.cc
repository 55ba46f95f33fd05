#include "services/station_agent/agent_metrics.h"

namespace understudy::station_agent {
namespace {

constexpr size_t kMaxCustom = 16;

std::string Name(const char* thing) { return std::string("understudy_station_agent_") + thing; }

metrics::Counter Upload(metrics::Registry& registry, const char* result) {
  return registry.AddCounter(Name("uploads_total"),
                             "Uploads of the native process's configuration, by result.",
                             {{"result", result}});
}

metrics::Counter Beat(metrics::Registry& registry, const char* way) {
  return registry.AddCounter(Name("beats_sent_total"), "Beats sent, by the way they took.",
                             {{"way", way}});
}

metrics::Gauge Used(metrics::Registry& registry, const char* what) {
  return registry.AddGauge(Name("used_ratio"), "Share of the machine in use, 0 to 1.",
                           {{"of", what}});
}

}  // namespace

AgentMetrics::AgentMetrics(metrics::Registry& registry)
    : joins(registry.AddCounter(Name("joins_total"), "Sessions opened with membership.")),
      joins_failed(registry.AddCounter(Name("joins_failed_total"), "Joins that failed.")),
      sessions_over(registry.AddCounter(Name("sessions_over_total"),
                                        "Sessions that ended without our leaving.")),
      beats_sent(Beat(registry, "udp")),
      beats_sent_over_stream(Beat(registry, "stream")),
      beats_answered(registry.AddCounter(Name("beats_answered_total"), "Beats answered.")),
      beat_round_trip(registry.AddHistogram(Name("beat_round_trip_seconds"),
                                            "From a beat's sending to its answer.")),
      standstills(registry.AddCounter(Name("standstills_total"),
                                      "Times that this process stood still for half a second "
                                      "or more: frozen, suspended or starved.")),
      activation(registry.AddHistogram(Name("activation_seconds"),
                                       "From an order to run a duty to the native process's "
                                       "word that it does.")),
      uploads_done(Upload(registry, "done")),
      uploads_retried(Upload(registry, "retried")),
      uploads_stale(Upload(registry, "stale_assignment")),
      uploads_refused(Upload(registry, "refused")),
      configurations_invalid(registry.AddCounter(Name("configurations_invalid_total"),
                                                 "Configurations of the native process that are "
                                                 "no valid document.")),
      documents_damaged(registry.AddCounter(Name("documents_damaged_total"),
                                            "Documents dropped because they were not what their "
                                            "hash said, on disk or from the vault.")),
      link_frames(
          registry.AddCounter(Name("link_frames_total"), "Frames taken from the native process.")),
      link_bad_frames(registry.AddCounter(Name("link_bad_frames_total"),
                                          "Frames from the native process that were refused.")),
      native_attached(registry.AddGauge(Name("native_process_attached"),
                                        "1 while a native process is attached and alive.")),
      native_deaths(registry.AddCounter(Name("native_process_deaths_total"),
                                        "Times that the native process ended.")),
      cpu_used(Used(registry, "cpu")),
      memory_used(Used(registry, "memory")),
      disk_used(Used(registry, "disk")),
      native_memory(registry.AddGauge(Name("native_process_memory_bytes"),
                                      "Memory of the native process: the larger of what it says "
                                      "and what the system says.")),
      children(registry.AddGauge(Name("children"), "Child devices reported.")),
      children_alive(registry.AddGauge(Name("children_alive"), "Child devices that are alive.")),
      faults(registry.AddGauge(Name("faults"), "Limits that the station is past now.")),
      documents_kept(registry.AddGauge(Name("documents_kept"), "Documents kept on disk.")),
      holds_duty(registry.AddGauge(Name("holds_duty"), "1 while the station holds a duty.")),
      registry_(registry) {
  for (const char* kind : {"stage", "unstage", "activate", "hold", "stand_down", "bad"}) {
    orders_[kind] =
        registry.AddCounter(Name("orders_total"), "Orders received, by kind.", {{"kind", kind}});
  }
  for (const char* kind : {"staged", "accepted", "running", "refused", "stood_down"}) {
    replies_[kind] = registry.AddCounter(Name("order_replies_total"), "Replies to orders, by kind.",
                                         {{"kind", kind}});
  }
  for (size_t i = 1; i < beat::kOutcomes; ++i) {
    bad_answers_[i] = registry.AddCounter(
        Name("bad_answers_total"), "Datagrams that are no answer to a beat, by what is wrong.",
        {{"reason", std::string(beat::OutcomeName(static_cast<beat::Outcome>(i)))}});
  }
}

void AgentMetrics::CountOrder(const std::string& kind) const {
  if (const auto found = orders_.find(kind); found != orders_.end()) found->second.Add();
}

void AgentMetrics::CountReply(const std::string& kind) const {
  if (const auto found = replies_.find(kind); found != replies_.end()) found->second.Add();
}

void AgentMetrics::CountBadAnswer(beat::Outcome outcome) const {
  bad_answers_[static_cast<size_t>(outcome)].Add();
}

void AgentMetrics::SetCustom(const std::string& name, double value) {
  auto found = custom_.find(name);
  if (found == custom_.end()) {
    if (custom_.size() >= kMaxCustom) return;
    found = custom_
                .emplace(name, registry_.AddGauge(Name("native_process_indicator"),
                                                  "What the native process says of itself.",
                                                  {{"name", name}}))
                .first;
  }
  found->second.Set(value);
}

}  // namespace understudy::station_agent
