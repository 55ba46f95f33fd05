#include "services/membership/membership_core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/status.h"
#include "services/membership/fault_text.h"

namespace understudy::membership {
namespace {

absl::Status SessionEnded() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "SESSION_ENDED",
                   "the session is over, or was never opened: join again");
}

FaultBits BitsOf(const std::vector<FaultReport>& reports) {
  FaultBits bits = 0;
  for (const FaultReport& report : reports) bits |= FaultBit(report.fault);
  return bits;
}

}  // namespace

MembershipCore::MembershipCore(const DetectorPolicy& policy, const CoreLimits& limits,
                               SessionDirectory& sessions, HeardTimes& heard)
    : policy_(policy),
      limits_(limits),
      sessions_(sessions),
      heard_(heard),
      table_(limits.max_left),
      log_(limits.max_events),
      detector_(policy, heard) {}

void MembershipCore::Expect(const std::vector<StationRecord>& records, Moment now) {
  for (const StationRecord& record : records) {
    Member& member = table_.FindOrMake(record.id);
    member.record = record;
    if (record.has_left) {
      table_.SetState(member, MemberState::kLeft);
      continue;
    }
    table_.SetState(member, MemberState::kExpected);
    // A session that nobody has the key of: only its silence is measured.
    const auto session = sessions_.Open(now.steady);
    if (!session.has_value()) continue;
    table_.SetSlot(member, session->slot);
    detector_.Watch(session->slot);
  }
}

absl::Status MembershipCore::BeginJoin(const std::string& station_id) {
  const Member* member = table_.Find(station_id);
  const bool present = member != nullptr && member->state != MemberState::kLeft;
  if (!present && !joining_.contains(station_id) &&
      table_.present() + joining_.size() >= limits_.max_stations) {
    return MakeError(absl::StatusCode::kResourceExhausted, "SITE_FULL",
                     absl::StrCat("the site has ", table_.present(), " stations, its limit is ",
                                  limits_.max_stations));
  }
  if (!present) ++joining_[station_id];
  return absl::OkStatus();
}

void MembershipCore::AbortJoin(const std::string& station_id) {
  const auto found = joining_.find(station_id);
  if (found != joining_.end() && --found->second == 0) joining_.erase(found);
}

absl::StatusOr<MembershipCore::Joined> MembershipCore::Join(const StationRecord& record,
                                                            Moment now) {
  AbortJoin(record.id);
  const auto session = sessions_.Open(now.steady);
  if (!session.has_value()) {
    return MakeError(absl::StatusCode::kResourceExhausted, "SITE_FULL", "no session is free");
  }
  Member& member = table_.FindOrMake(record.id);
  EndSession(member);
  // A new life: what the last one reported says nothing about this one.
  Member fresh;
  fresh.state = member.state;
  fresh.record = record;
  fresh.session_id = session->session_id;
  member = std::move(fresh);
  table_.SetSlot(member, session->slot);
  table_.SetState(member, MemberState::kAlive);
  detector_.Watch(session->slot);
  Emit(ChangeReason::kJoined, member);
  return Joined{.session_id = session->session_id, .key = session->key};
}

absl::Status MembershipCore::Leave(std::string_view station_id, uint64_t session_id, Moment now) {
  Member* member = table_.FindBySession(session_id);
  if (member == nullptr || member->id() != station_id) {
    return MakeError(
        absl::StatusCode::kNotFound, "SESSION_NOT_FOUND",
        absl::StrCat("station ", std::string(station_id), " has no session of this number"));
  }
  member->last_heard_at = LastHeard(*member, now);
  EndSession(*member);
  table_.SetState(*member, MemberState::kLeft);
  member->verdict = Verdict::kUnspecified;
  member->evidence = Evidence{};
  member->record.has_left = true;
  output_.records.push_back(member->record);
  Emit(ChangeReason::kLeft, *member);
  for (std::string& id : table_.ForgetOldLeavers()) output_.forgotten.push_back(std::move(id));
  return absl::OkStatus();
}

absl::Status MembershipCore::OpenStream(std::string_view station_id, uint64_t session_id,
                                        std::string_view proof, Moment now) {
  if (!sessions_.VerifyHello(session_id, station_id, proof)) return SessionEnded();
  Member* member = FindLive(session_id, now);
  if (member == nullptr || member->id() != station_id) return SessionEnded();
  member->stream_open = true;
  return absl::OkStatus();
}

void MembershipCore::CloseStream(uint64_t session_id) {
  Member* member = table_.FindBySession(session_id);
  if (member != nullptr) member->stream_open = false;
}

absl::StatusOr<BeatResult> MembershipCore::StreamBeat(uint64_t session_id, uint64_t sequence,
                                                      uint16_t health, Moment now) {
  const auto accepted = sessions_.AcceptFromStream(session_id, sequence, health, now.steady);
  if (accepted.result == BeatResult::kUnknownSession ||
      accepted.result == BeatResult::kEndedSession) {
    return SessionEnded();
  }
  if (accepted.health_changed) HealthChanged(accepted.slot, now);
  return accepted.result;
}

absl::Status MembershipCore::Report(uint64_t session_id, StationReport report, Moment now) {
  Member* member = FindLive(session_id, now);
  if (member == nullptr) return SessionEnded();
  member->indicators = report.indicators;
  bool changed = member->duty_id != report.duty_id || *member->children != report.children ||
                 BitsOf(member->reported_faults) != BitsOf(report.faults);
  if (report.kind != StationKind::kUnspecified && report.kind != member->record.kind) {
    member->record.kind = report.kind;
    output_.records.push_back(member->record);
    changed = true;
  }
  member->duty_id = std::move(report.duty_id);
  member->reported_faults = std::move(report.faults);
  if (*member->children != report.children) {
    member->children = std::make_shared<const Children>(std::move(report.children));
  }
  if (!JudgeFaults(*member, now) && changed) Emit(ChangeReason::kReported, *member);
  return absl::OkStatus();
}

void MembershipCore::HealthChanged(Slot slot, Moment now) {
  const FaultBits bits = sessions_.TakeHealth(slot) & kKnownFaults;
  Member* member = table_.FindBySlot(slot);
  if (member == nullptr) return;
  const FaultBits before = member->faults();
  member->beat_faults = bits;
  if (!JudgeFaults(*member, now) && member->faults() != before) {
    Emit(ChangeReason::kReported, *member);
  }
}

bool MembershipCore::JudgeFaults(Member& member, Moment now) {
  const FaultBits faults = member.faults();
  if (member.state == MemberState::kAlive && faults != 0 && member.has_work()) {
    table_.SetState(member, MemberState::kFailed);
    member.verdict = Verdict::kSelfReported;
    member.evidence = {.silent_for = now.steady - heard_.Get(member.slot),
                       .stream_open = member.stream_open,
                       .faults = faults,
                       .summary = DescribeFaults(member)};
    member.verdict_at = now.wall;
    Emit(ChangeReason::kFailed, member);
    return true;
  }
  if (member.state == MemberState::kFailed && faults == 0) {
    table_.SetState(member, MemberState::kAlive);
    member.verdict = Verdict::kUnspecified;
    member.evidence = Evidence{};
    Emit(ChangeReason::kRecovered, member);
    return true;
  }
  return false;
}

MembershipCore::TickResult MembershipCore::Tick(SteadyTime observed, Moment now) {
  const FailureDetector::TickResult found = detector_.Tick(observed);
  TickResult result{.stall = found.stall, .detections = {}};
  for (const Slot slot : found.suspected) Suspect(slot);
  for (const FailureDetector::Silence& silence : found.failed) {
    Fail(silence, now);
    result.detections.push_back(silence.silent_for);
  }
  return result;
}

void MembershipCore::Suspect(Slot slot) {
  const Member* member = table_.FindBySlot(slot);
  const bool alive = member != nullptr && member->state == MemberState::kAlive;
  if (alive && member->has_work()) Emit(ChangeReason::kSuspected, *member);
}

void MembershipCore::Fail(const FailureDetector::Silence& silence, Moment now) {
  Member* member = table_.FindBySlot(silence.slot);
  if (member == nullptr) return;
  member->evidence = {.missed_beats = silence.missed_beats,
                      .silent_for = silence.silent_for,
                      .stream_open = member->stream_open,
                      .faults = member->faults(),
                      .summary = DescribeSilence(silence, *member)};
  member->verdict = Verdict::kCrashed;
  member->verdict_at = now.wall;
  member->last_heard_at = LastHeard(*member, now);
  EndSession(*member);
  table_.SetState(*member, MemberState::kFailed);
  Emit(ChangeReason::kFailed, *member);
}

std::string MembershipCore::DescribeSilence(const FailureDetector::Silence& silence,
                                            const Member& member) const {
  return absl::StrFormat(
      "%s for %d ms, %d beats of %d ms missed (limit %d); its stream was %s%s",
      member.session_id == 0 ? "not heard since membership started" : "silent",
      absl::ToInt64Milliseconds(silence.silent_for), silence.missed_beats,
      absl::ToInt64Milliseconds(policy_.beat_interval), policy_.missed_beats_limit,
      member.stream_open ? "open" : "closed",
      silence.confirmed_in_storm ? "; held back while most of the site was silent" : "");
}

MembershipCore::Output MembershipCore::TakeOutput() { return std::exchange(output_, Output{}); }

absl::Time MembershipCore::LastHeard(const Member& member, Moment now) const {
  if (member.slot == kNoSlot || member.session_id == 0) return member.last_heard_at;
  return now.wall - std::max(now.steady - heard_.Get(member.slot), absl::ZeroDuration());
}

void MembershipCore::Emit(ChangeReason reason, const Member& member) {
  output_.events.push_back(log_.Append(reason, member));
}

void MembershipCore::EndSession(Member& member) {
  if (member.slot == kNoSlot) return;
  detector_.Unwatch(member.slot);
  sessions_.End(member.slot);
  if (member.session_id != 0) output_.ended_sessions.push_back(member.session_id);
  table_.SetSlot(member, kNoSlot);
  member.session_id = 0;
  member.stream_open = false;
}

Member* MembershipCore::FindLive(uint64_t session_id, Moment now) {
  Member* member = table_.FindBySession(session_id);
  if (member != nullptr) heard_.Set(member->slot, now.steady);
  return member;
}

}  // namespace understudy::membership
