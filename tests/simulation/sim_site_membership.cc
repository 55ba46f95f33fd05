#include "tests/simulation/sim_site_membership.h"

#include <algorithm>
#include <any>
#include <utility>

#include "common/control_nodes/root_redirect.h"
#include "services/failover_orchestrator/failover_codec.h"
#include "services/membership/membership_codec.h"

namespace understudy::simulation {

namespace fo = failover_orchestrator;
namespace ms = membership;

namespace {

// Three missed beats are kSilence.
constexpr ms::DetectorPolicy kPolicy = {.beat_interval = kBeatInterval,
                                        .missed_beats_limit = 3,
                                        .tick = absl::Milliseconds(20)};
constexpr ms::CoreLimits kLimits = {.max_stations = 16, .max_left = 4, .max_events = 64};

fo::Member ToMember(const ms::Member& member, absl::Time last_heard) {
  return *fo::DecodeMember(ms::EncodeMember(member, last_heard, kLease));
}

fo::ChangeReason ToReason(ms::ChangeReason reason) {
  switch (reason) {
    case ms::ChangeReason::kJoined:
      return fo::ChangeReason::kJoined;
    case ms::ChangeReason::kFailed:
      return fo::ChangeReason::kFailed;
    case ms::ChangeReason::kLeft:
      return fo::ChangeReason::kLeft;
    case ms::ChangeReason::kReported:
      return fo::ChangeReason::kReported;
    case ms::ChangeReason::kRecovered:
      return fo::ChangeReason::kRecovered;
    case ms::ChangeReason::kSuspected:
    case ms::ChangeReason::kUnspecified:
      break;
  }
  return fo::ChangeReason::kUnspecified;
}

ms::StationKind ToKind(fo::StationKind kind) {
  return kind == fo::StationKind::kBackup ? ms::StationKind::kBackup : ms::StationKind::kDeployment;
}

ms::StationRecord ToRecord(const fo::Member& member) {
  ms::StationRecord record;
  record.id = member.station_id;
  record.kind = ToKind(member.kind);
  record.capabilities = member.capabilities;
  if (!member.declared_duty.has_value()) return record;
  const bool strict = member.declared_duty->fencing == fo::Fencing::kStrict;
  record.declared_duty = {.id = member.declared_duty->id,
                          .needs = member.declared_duty->needs,
                          .fencing = strict ? ms::Fencing::kStrict : ms::Fencing::kOverlap};
  return record;
}

}  // namespace

SimSiteMembership::SimSiteMembership(SimWorld& world, SimNode& node, const std::string& vault,
                                     const ms::MembershipMetrics& metrics)
    : world_(world),
      node_(node),
      registry_(world, node, vault),
      heard_(kLimits.slots()),
      sessions_(heard_),
      runner_(kPolicy, kLimits,
              {.executor = node.executor(),
               .clock = node.clock(),
               .random = node.random(),
               .registry = registry_,
               .admission = admission_,
               .sessions = sessions_,
               .heard = heard_,
               .metrics = metrics,
               .observed = [&node] { return node.clock().SteadyNow(); },
               .on_tick = [](SteadyTime) {}},
              *this) {
  world.streams().Accept(node, "session", [this](const auto& stream) { AcceptSession(stream); });
  world.streams().Accept(node, "watch", [this](const auto& stream) { Watch(stream); });
  node.Listen("beat", [this](const std::string& from, const SimMessage& message) {
    OnBeat(from, std::any_cast<const SimMembership::Beat&>(message.body));
  });
  runner_.Start();
}

void SimSiteMembership::AcceptSession(const std::shared_ptr<SimStream>& stream) {
  const uint64_t number = ++last_stream_;
  streams_[number] = stream;
  stream->SetHandlers(
      [this, number](const SimMessage& message) {
        if (const auto* join = std::any_cast<SimMembership::Join>(&message.body)) {
          OnJoin(number, *join);
        }
        if (const auto* report = std::any_cast<SimMembership::Report>(&message.body)) {
          OnReport(number, *report);
        }
      },
      [this, number] {
        if (session_of_.contains(number)) runner_.CloseStream(session_of_[number]);
        session_of_.erase(number);
        streams_.erase(number);
      });
}

void SimSiteMembership::OnJoin(uint64_t number, const SimMembership::Join& join) {
  runner_.Join(ToRecord(join.member), "",
               [this, number, station = join.member.station_id](
                   const absl::StatusOr<ms::MembershipRunner::Grant>& grant) {
                 if (streams_.contains(number)) Welcome(number, station, grant);
               });
}

void SimSiteMembership::Welcome(uint64_t number, const std::string& station,
                                const absl::StatusOr<ms::MembershipRunner::Grant>& grant) {
  absl::Status status = grant.status();
  if (status.ok()) {
    const auto proof = beat::HelloProof(grant->key, station);
    status = runner_.OpenStream(
        station, grant->session_id,
        {reinterpret_cast<const char*>(proof.data()), proof.size()});
  }
  const auto stream = streams_[number];
  if (status.ok()) {
    session_of_[number] = grant->session_id;
    stream->Send({"welcome", SimMembership::Welcome{grant->session_id, grant->epoch}});
    return;
  }
  const auto root = RedirectOf(status);
  if (root.has_value()) stream->Send({"not_root", *root});
  streams_.erase(number);
  stream->Close();
}

void SimSiteMembership::OnReport(uint64_t number, const SimMembership::Report& report) {
  const auto session = session_of_.find(number);
  if (session == session_of_.end()) return;
  ms::StationReport told{.kind = ToKind(report.kind), .duty_id = report.duty_id};
  if (report.has_faults) told.faults.push_back({.fault = 1, .value = 1, .limit = 0.5});
  const uint64_t session_id = session->second;
  if (!runner_.Report(session_id, std::move(told)).ok()) OnSessionEnded(session_id);
}

void SimSiteMembership::OnBeat(const std::string& station_id, SimMembership::Beat beat) {
  const auto accepted = sessions_.AcceptFromStream(beat.session_id, beat.sequence, 0,
                                                   node_.clock().SteadyNow());
  beat.session_ended = accepted.result == ms::BeatResult::kEndedSession;
  if (accepted.result != ms::BeatResult::kOk && !beat.session_ended) return;
  if (accepted.health_changed) runner_.HealthChanged({accepted.slot});
  world_.network().Send(node_, station_id, "beat-answer", {"beat-answer", beat});
}

void SimSiteMembership::Watch(const std::shared_ptr<SimStream>& stream) {
  const auto core = runner_.core();
  if (!core.ok()) return stream->Close();
  const uint64_t number = ++last_stream_;
  watchers_[number] = stream;
  stream->SetHandlers(nullptr, [this, number] { watchers_.erase(number); });
  SimMembership::Snapshot snapshot;
  for (const auto& [id, member] : (*core)->table().members()) {
    snapshot.members.push_back(ToMember(member, (*core)->LastHeard(member, runner_.Now())));
  }
  stream->Send({"snapshot", std::move(snapshot)});
}

void SimSiteMembership::OnEvent(uint64_t, const ms::Event& event) {
  const fo::Member member = ToMember(*event.member, event.member->last_heard_at);
  if (event.reason == ms::ChangeReason::kFailed) {
    world_.Note(node_.id() + ": " + member.station_id + " failed: " + member.evidence.summary);
  }
  for (const auto& [number, stream] : watchers_) {
    if (event.reason == ms::ChangeReason::kSuspected) {
      stream->Send({"suspected", SimMembership::Suspected{member.station_id, kPolicy.tick}});
    } else {
      stream->Send({"changed", SimMembership::Changed{ToReason(event.reason), member}});
    }
  }
}

void SimSiteMembership::OnSessionEnded(uint64_t session_id) {
  for (const auto& [number, session] : session_of_) {
    if (session != session_id) continue;
    streams_[number]->Close();
    streams_.erase(number);
    session_of_.erase(number);
    return;
  }
}

void SimSiteMembership::OnReignEnded() {
  session_of_.clear();
  for (const auto& [number, stream] : std::exchange(streams_, {})) {
    const auto root = RedirectOf(runner_.NotRoot());
    if (root.has_value()) stream->Send({"not_root", *root});
    stream->Close();
  }
  for (const auto& [number, stream] : std::exchange(watchers_, {})) stream->Close();
}

}  // namespace understudy::simulation
