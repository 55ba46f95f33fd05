#include "services/membership/membership_metrics.h"

namespace understudy::membership {
namespace {

using metrics::Counter;
using metrics::Gauge;
using metrics::Registry;

std::array<Counter, kBeatResults> AddBeats(Registry& registry) {
  std::array<Counter, kBeatResults> beats;
  for (size_t i = 0; i < kBeatResults; ++i) {
    const std::string result(BeatResultName(static_cast<BeatResult>(i)));
    beats[i] = registry.AddCounter("understudy_membership_beats_total",
                                   "Datagrams received as beats, by what became of them.",
                                   {{"result", result}});
  }
  return beats;
}

std::array<Gauge, 5> AddMembers(Registry& registry) {
  static constexpr const char* kStates[] = {"", "expected", "alive", "failed", "left"};
  std::array<Gauge, 5> members;
  for (size_t i = 1; i < members.size(); ++i) {
    members[i] = registry.AddGauge("understudy_membership_members", "Stations, by state.",
                                   {{"state", kStates[i]}});
  }
  return members;
}

std::array<Counter, 4> AddVerdicts(Registry& registry) {
  static constexpr const char* kVerdicts[] = {"", "crashed", "partitioned", "self_reported"};
  std::array<Counter, 4> verdicts;
  for (size_t i = 1; i < verdicts.size(); ++i) {
    verdicts[i] = registry.AddCounter("understudy_membership_verdicts_total",
                                      "Stations judged to have failed, by verdict.",
                                      {{"verdict", kVerdicts[i]}});
  }
  return verdicts;
}

Counter AddWrites(Registry& registry, const std::string& result) {
  return registry.AddCounter("understudy_membership_vault_writes_total",
                             "Station records written to the vault, by result.",
                             {{"result", result}});
}

Counter AddJoins(Registry& registry, const std::string& result) {
  return registry.AddCounter("understudy_membership_joins_total",
                             "Requests to join, by whether a session was opened.",
                             {{"result", result}});
}

}  // namespace

MembershipMetrics::MembershipMetrics(Registry& registry)
    : beats(AddBeats(registry)),
      beat_batches(registry.AddCounter(
          "understudy_membership_beat_batches_total",
          "Reads from the beat socket that gave something; beats per batch is the batch size.")),
      beat_answers(registry.AddCounter("understudy_membership_beat_answers_total",
                                       "Answers to beats that were sent.")),
      beat_answers_dropped(
          registry.AddCounter("understudy_membership_beat_answers_dropped_total",
                              "Answers to beats that the kernel had no room for.")),
      beat_kernel_drops(registry.AddCounter(
          "understudy_membership_beat_kernel_drops_total",
          "Datagrams that the kernel dropped because the beat socket's buffer was full.")),
      stream_beats(registry.AddCounter("understudy_membership_stream_beats_total",
                                       "Beats that came over a station's stream.")),
      members(AddMembers(registry)),
      verdicts(AddVerdicts(registry)),
      detection(registry.AddHistogram("understudy_membership_detection_seconds",
                                      "From the last thing heard of a silent station to the "
                                      "verdict.")),
      storm_brake(registry.AddGauge("understudy_membership_storm_brake",
                                    "1 while more than half of the site is silent and verdicts "
                                    "are held back.")),
      stalls(registry.AddCounter("understudy_membership_stalls_total",
                                 "Times that this process itself was absent, and all deadlines "
                                 "were extended.")),
      stalled_seconds(registry.AddCounter("understudy_membership_stalled_seconds_total",
                                          "Time by which all deadlines were extended.")),
      tick(registry.AddHistogram("understudy_membership_tick_seconds",
                                 "Time that one look at the table of deadlines takes.")),
      joins(AddJoins(registry, "ok")),
      joins_refused(AddJoins(registry, "refused")),
      streams(registry.AddGauge("understudy_membership_streams",
                                "Open streams of stations that have said hello.")),
      watchers(registry.AddGauge("understudy_membership_watchers",
                                 "Open streams that watch the membership.")),
      events(registry.AddCounter("understudy_membership_events_total",
                                 "Changes of members that were told to watchers.")),
      vault_writes_ok(AddWrites(registry, "ok")),
      vault_writes_failed(AddWrites(registry, "failed")),
      vault_writes_waiting(registry.AddGauge("understudy_membership_vault_writes_waiting",
                                             "Station records that wait to be written or are "
                                             "being written.")),
      epoch(registry.AddGauge("understudy_membership_epoch",
                              "Epoch that this process acts under; 0 while it does not act.")) {}

}  // namespace understudy::membership
