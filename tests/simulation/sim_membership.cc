#include "tests/simulation/sim_membership.h"

#include <any>
#include <utility>

#include "absl/strings/str_cat.h"

namespace understudy::simulation {

namespace fo = failover_orchestrator;
using fo::ChangeReason;
using fo::MemberState;
using fo::Verdict;

namespace {

constexpr absl::Duration kTick = absl::Milliseconds(10);
constexpr absl::Duration kFirstDeadline = absl::Seconds(1);

}  // namespace

SimMembership::SimMembership(SimWorld& world, SimNode& node, StationRecords& records)
    : world_(world), node_(node), records_(records) {
  for (const auto& [id, record] : records) {
    Tracked& tracked = members_[id];
    tracked.member = record;
    tracked.member.state = MemberState::kExpected;
    tracked.last_heard = node.clock().SteadyNow();
    tracked.patience = kFirstDeadline;
  }
  world.streams().Accept(node, "session", [this](auto stream) { AcceptSession(stream); });
  world.streams().Accept(node, "watch", [this](auto stream) { Watch(stream); });
  node.Listen("beat", [this](const std::string& from, const SimMessage& message) {
    OnBeat(from, std::any_cast<Beat>(message.body));
  });
  Tick();
}

void SimMembership::AcceptSession(const std::shared_ptr<SimStream>& stream) {
  SimStream* raw = stream.get();
  std::weak_ptr<SimStream> weak = stream;
  stream->SetHandlers(
      [this, weak](const SimMessage& message) {
        const auto self = weak.lock();
        if (self == nullptr) return;
        if (const auto* join = std::any_cast<Join>(&message.body)) OnJoin(self, *join);
        if (const auto* report = std::any_cast<Report>(&message.body)) OnReport(self, *report);
      },
      [this, raw] {
        std::erase_if(joining_, [raw](const auto& open) { return open.get() == raw; });
      });
  joining_.push_back(stream);
}

void SimMembership::OnJoin(const std::shared_ptr<SimStream>& stream, const Join& join) {
  Tracked& tracked = members_[join.member.station_id];
  if (tracked.stream != nullptr) tracked.stream->Close();
  tracked.member = join.member;
  tracked.member.state = MemberState::kAlive;
  tracked.member.session_id = node_.random().Next();
  tracked.member.lease = kLease;
  tracked.last_heard = node_.clock().SteadyNow();
  tracked.patience = kFirstDeadline;
  tracked.stream = stream;
  records_[join.member.station_id] = tracked.member;
  stream->Send({"welcome", Welcome{tracked.member.session_id}});
  Emit(ChangeReason::kJoined, tracked);
  JudgeFaults(tracked);
}

void SimMembership::OnReport(const std::shared_ptr<SimStream>& stream, const Report& report) {
  const auto found = members_.find(stream->peer());
  if (found == members_.end() || found->second.stream != stream) return;
  Tracked& tracked = found->second;
  tracked.member.kind = report.kind;
  tracked.member.duty_id = report.duty_id;
  tracked.member.has_faults = report.has_faults;
  records_[stream->peer()].kind = report.kind;
  records_[stream->peer()].duty_id = report.duty_id;
  Emit(ChangeReason::kReported, tracked);
  JudgeFaults(tracked);
}

// A fault of a station that has work is a failure until it is over.
void SimMembership::JudgeFaults(Tracked& tracked) {
  fo::Member& member = tracked.member;
  const bool has_work = member.kind == fo::StationKind::kDeployment || !member.duty_id.empty();
  const bool self_reported =
      member.state == MemberState::kFailed && member.verdict == Verdict::kSelfReported;
  if (member.state == MemberState::kAlive && member.has_faults && has_work) {
    return Fail(tracked, Verdict::kSelfReported, absl::ZeroDuration());
  }
  if (!self_reported || member.has_faults) return;
  member.state = MemberState::kAlive;
  member.verdict = Verdict::kUnspecified;
  Emit(ChangeReason::kRecovered, tracked);
}

void SimMembership::OnBeat(const std::string& station_id, const Beat& beat) {
  const auto found = members_.find(station_id);
  if (found == members_.end() || found->second.member.session_id != beat.session_id) return;
  Tracked& tracked = found->second;
  const bool heard = tracked.member.state == MemberState::kAlive ||
                     (tracked.member.state == MemberState::kFailed &&
                      tracked.member.verdict == Verdict::kSelfReported);
  if (!heard) return;
  tracked.last_heard = node_.clock().SteadyNow();
  tracked.patience = kSilence;
  world_.network().Send(node_, station_id, "beat-answer", {"beat-answer", beat});
}

void SimMembership::Watch(const std::shared_ptr<SimStream>& stream) {
  SimStream* raw = stream.get();
  stream->SetHandlers(nullptr, [this, raw] {
    std::erase_if(watchers_, [raw](const auto& open) { return open.get() == raw; });
  });
  watchers_.push_back(stream);
  Snapshot snapshot;
  for (const auto& [id, tracked] : members_) snapshot.members.push_back(tracked.member);
  stream->Send({"snapshot", std::move(snapshot)});
}

void SimMembership::Tick() {
  const SteadyTime now = node_.clock().SteadyNow();
  for (auto& [id, tracked] : members_) {
    const bool silent_already = tracked.member.state == MemberState::kFailed &&
                                tracked.member.verdict != Verdict::kSelfReported;
    if (silent_already || now - tracked.last_heard < tracked.patience) continue;
    Fail(tracked, Verdict::kCrashed, now - tracked.last_heard);
    if (tracked.stream != nullptr) std::exchange(tracked.stream, nullptr)->Close();
  }
  node_.executor().RunAt(now + kTick, [this] { Tick(); });
}

void SimMembership::Fail(Tracked& tracked, Verdict verdict, absl::Duration silent_for) {
  tracked.member.state = MemberState::kFailed;
  tracked.member.verdict = verdict;
  tracked.member.evidence.silent_for = silent_for;
  tracked.member.verdict_at = node_.clock().WallNow();
  Emit(ChangeReason::kFailed, tracked);
}

void SimMembership::Emit(ChangeReason reason, const Tracked& tracked) {
  world_.Note(absl::StrCat("membership: ", tracked.member.station_id, " state ",
                           static_cast<int>(tracked.member.state), " duty ",
                           tracked.member.duty_id));
  for (const auto& watcher : watchers_) watcher->Send({"changed", Changed{reason, tracked.member}});
}

}  // namespace understudy::simulation
