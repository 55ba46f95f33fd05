#include "services/failover_orchestrator/failover_codec.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/capability/capability_codec.h"
#include "common/document/identifiers.h"
#include "common/status/status.h"
#include "common/status/utf8.h"

namespace understudy::failover_orchestrator {
namespace {

constexpr size_t kSha256Bytes = 32;
constexpr int kMaxStagedInHello = 100'000;
constexpr size_t kMaxNoteBytes = 1024;

void EncodeDuration(absl::Duration duration, google::protobuf::Duration* message) {
  message->set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  message->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
}
absl::Duration DecodeDuration(const google::protobuf::Duration& message) {
  return absl::Seconds(message.seconds()) + absl::Nanoseconds(message.nanos());
}

void EncodeTime(absl::Time time, google::protobuf::Timestamp* message) {
  const int64_t nanoseconds = absl::ToUnixNanos(time);
  message->set_seconds(nanoseconds / 1'000'000'000);
  message->set_nanos(static_cast<int32_t>(nanoseconds % 1'000'000'000));
}
absl::Time DecodeTime(const google::protobuf::Timestamp& message) {
  return absl::FromUnixSeconds(message.seconds()) + absl::Nanoseconds(message.nanos());
}

Fencing DecodeFencing(config_vault::v1::Fencing fencing) {
  return fencing == config_vault::v1::FENCING_STRICT ? Fencing::kStrict : Fencing::kOverlap;
}

Verdict DecodeVerdict(type::v1::Verdict verdict) {
  switch (verdict) {
    case type::v1::VERDICT_CRASHED:
      return Verdict::kCrashed;
    case type::v1::VERDICT_PARTITIONED:
      return Verdict::kPartitioned;
    case type::v1::VERDICT_SELF_REPORTED:
      return Verdict::kSelfReported;
    default:
      return Verdict::kUnspecified;
  }
}
type::v1::Verdict EncodeVerdict(Verdict verdict) {
  switch (verdict) {
    case Verdict::kCrashed:
      return type::v1::VERDICT_CRASHED;
    case Verdict::kPartitioned:
      return type::v1::VERDICT_PARTITIONED;
    case Verdict::kSelfReported:
      return type::v1::VERDICT_SELF_REPORTED;
    case Verdict::kUnspecified:
      break;
  }
  return type::v1::VERDICT_UNSPECIFIED;
}

FailoverState DecodeState(config_vault::v1::Failover::State state) {
  using config_vault::v1::Failover;
  switch (state) {
    case Failover::STATE_WAITING:
      return FailoverState::kWaiting;
    case Failover::STATE_CLAIMED:
      return FailoverState::kClaimed;
    case Failover::STATE_DONE:
      return FailoverState::kDone;
    case Failover::STATE_CANCELLED:
      return FailoverState::kCancelled;
    default:
      return FailoverState::kUnspecified;
  }
}
config_vault::v1::Failover::State EncodeState(FailoverState state) {
  using config_vault::v1::Failover;
  switch (state) {
    case FailoverState::kWaiting:
      return Failover::STATE_WAITING;
    case FailoverState::kClaimed:
      return Failover::STATE_CLAIMED;
    case FailoverState::kDone:
      return Failover::STATE_DONE;
    case FailoverState::kCancelled:
      return Failover::STATE_CANCELLED;
    case FailoverState::kUnspecified:
      break;
  }
  return Failover::STATE_UNSPECIFIED;
}

Evidence DecodeEvidence(const type::v1::Evidence& message) {
  Evidence evidence;
  evidence.missed_beats = message.missed_beats();
  evidence.silent_for = DecodeDuration(message.silent_for());
  evidence.stream_open = message.stream_open();
  evidence.faults.assign(message.faults().begin(), message.faults().end());
  evidence.summary = message.summary();
  return evidence;
}

void EncodeEvidence(const Evidence& evidence, type::v1::Evidence* message) {
  message->set_missed_beats(evidence.missed_beats);
  EncodeDuration(evidence.silent_for, message->mutable_silent_for());
  message->set_stream_open(evidence.stream_open);
  for (const int fault : evidence.faults) {
    message->add_faults(static_cast<type::v1::HealthFault>(fault));
  }
  message->set_summary(ToValidUtf8(evidence.summary, kMaxNoteBytes));
}

StageTimes DecodeStages(const config_vault::v1::StageTimes& message) {
  StageTimes stages;
  if (message.has_detect()) stages.detect = DecodeDuration(message.detect());
  if (message.has_decide()) stages.decide = DecodeDuration(message.decide());
  if (message.has_fence()) stages.fence = DecodeDuration(message.fence());
  if (message.has_claim()) stages.claim = DecodeDuration(message.claim());
  if (message.has_activate()) stages.activate = DecodeDuration(message.activate());
  if (message.has_running()) stages.running = DecodeDuration(message.running());
  if (message.has_recovery()) stages.recovery = DecodeDuration(message.recovery());
  return stages;
}

void EncodeStages(const StageTimes& stages, config_vault::v1::StageTimes* message) {
  if (stages.detect) EncodeDuration(*stages.detect, message->mutable_detect());
  if (stages.decide) EncodeDuration(*stages.decide, message->mutable_decide());
  if (stages.fence) EncodeDuration(*stages.fence, message->mutable_fence());
  if (stages.claim) EncodeDuration(*stages.claim, message->mutable_claim());
  if (stages.activate) EncodeDuration(*stages.activate, message->mutable_activate());
  if (stages.running) EncodeDuration(*stages.running, message->mutable_running());
  if (stages.recovery) EncodeDuration(*stages.recovery, message->mutable_recovery());
}

void EncodeDutyOrder(const DutyOrder& order, v1::DutyOrder* message) {
  message->set_duty_id(order.duty_id);
  message->set_epoch(order.epoch);
  message->set_assignment_number(order.assignment_number);
  message->set_document(order.document);
  message->set_document_revision(order.document_revision);
  message->set_document_sha256(order.document_sha256);
  message->set_strict_fencing(order.strict_fencing);
}

MemberState DecodeMemberState(membership::v1::Member::State state) {
  using membership::v1::Member;
  switch (state) {
    case Member::STATE_EXPECTED:
      return MemberState::kExpected;
    case Member::STATE_ALIVE:
      return MemberState::kAlive;
    case Member::STATE_FAILED:
      return MemberState::kFailed;
    case Member::STATE_LEFT:
      return MemberState::kLeft;
    default:
      return MemberState::kUnspecified;
  }
}

StationKind DecodeKind(type::v1::StationKind kind) {
  switch (kind) {
    case type::v1::STATION_KIND_DEPLOYMENT:
      return StationKind::kDeployment;
    case type::v1::STATION_KIND_BACKUP:
      return StationKind::kBackup;
    default:
      return StationKind::kUnspecified;
  }
}

}  // namespace

absl::StatusOr<Duty> DecodeDuty(const config_vault::v1::Duty& message) {
  UNDERSTUDY_ASSIGN_OR_RETURN(CapabilitySet needs, DecodeCapabilitySet(message.needs()));
  return Duty{message.id(), std::move(needs), DecodeFencing(message.fencing()), message.document(),
              DecodeAssignment(message.assignment())};
}

config_vault::v1::Duty EncodeDuty(const Duty& duty) {
  config_vault::v1::Duty message;
  message.set_id(duty.id);
  *message.mutable_needs() = EncodeCapabilitySet(duty.needs);
  message.set_fencing(duty.fencing == Fencing::kStrict ? config_vault::v1::FENCING_STRICT
                                                       : config_vault::v1::FENCING_OVERLAP);
  message.set_document(duty.document);
  *message.mutable_assignment() = EncodeAssignment(duty.assignment);
  return message;
}

Assignment DecodeAssignment(const config_vault::v1::Assignment& message) {
  Assignment assignment;
  assignment.duty_id = message.duty_id();
  assignment.station_id = message.station_id();
  assignment.number = message.number();
  assignment.epoch = message.epoch();
  assignment.running = message.state() == config_vault::v1::Assignment::STATE_RUNNING;
  if (message.has_changed_at()) assignment.changed_at = DecodeTime(message.changed_at());
  return assignment;
}

config_vault::v1::Assignment EncodeAssignment(const Assignment& assignment) {
  using config_vault::v1::Assignment;
  config_vault::v1::Assignment message;
  message.set_duty_id(assignment.duty_id);
  message.set_station_id(assignment.station_id);
  message.set_number(assignment.number);
  message.set_epoch(assignment.epoch);
  message.set_state(assignment.running ? Assignment::STATE_RUNNING : Assignment::STATE_CLAIMED);
  if (assignment.changed_at) EncodeTime(*assignment.changed_at, message.mutable_changed_at());
  return message;
}

FailoverRecord DecodeFailover(const config_vault::v1::Failover& message) {
  FailoverRecord record;
  record.id = message.id();
  record.duty_id = message.duty_id();
  record.from_station = message.from_station();
  record.to_station = message.to_station();
  record.verdict = DecodeVerdict(message.verdict());
  record.evidence = DecodeEvidence(message.evidence());
  record.drill = message.drill();
  record.leave = message.leave();
  record.state = DecodeState(message.state());
  record.assignment_number = message.assignment_number();
  record.document_revision = message.document_revision();
  record.document_sha256 = message.document_sha256();
  record.running_sha256 = message.running_sha256();
  record.stages = DecodeStages(message.stages());
  record.abandoned_stations.assign(message.abandoned_stations().begin(),
                                   message.abandoned_stations().end());
  if (message.has_verdict_at()) record.verdict_at = DecodeTime(message.verdict_at());
  if (message.has_finished_at()) record.finished_at = DecodeTime(message.finished_at());
  record.note = message.note();
  return record;
}

config_vault::v1::Failover EncodeFailover(const FailoverRecord& record) {
  config_vault::v1::Failover message;
  message.set_id(record.id);
  message.set_duty_id(record.duty_id);
  message.set_from_station(record.from_station);
  message.set_to_station(record.to_station);
  message.set_verdict(EncodeVerdict(record.verdict));
  EncodeEvidence(record.evidence, message.mutable_evidence());
  message.set_drill(record.drill);
  message.set_leave(record.leave);
  message.set_state(EncodeState(record.state));
  message.set_assignment_number(record.assignment_number);
  message.set_document_revision(record.document_revision);
  message.set_document_sha256(record.document_sha256);
  message.set_running_sha256(record.running_sha256);
  EncodeStages(record.stages, message.mutable_stages());
  for (const std::string& station : record.abandoned_stations) {
    message.add_abandoned_stations(station);
  }
  if (record.verdict_at) EncodeTime(*record.verdict_at, message.mutable_verdict_at());
  if (record.finished_at) EncodeTime(*record.finished_at, message.mutable_finished_at());
  message.set_note(ToValidUtf8(record.note, kMaxNoteBytes));
  return message;
}

absl::Duration DecodeNextLook(const membership::v1::MemberChanged& message) {
  return std::clamp(DecodeDuration(message.next_look()), absl::ZeroDuration(), absl::Seconds(1));
}

absl::StatusOr<Member> DecodeMember(const membership::v1::Member& message) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckStationId(message.station_id()));
  Member member;
  member.station_id = message.station_id();
  member.kind = DecodeKind(message.kind());
  member.state = DecodeMemberState(message.state());
  UNDERSTUDY_ASSIGN_OR_RETURN(member.capabilities, DecodeCapabilitySet(message.capabilities()));
  if (!message.declared_duty().id().empty()) {
    UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(message.declared_duty().id()));
    UNDERSTUDY_ASSIGN_OR_RETURN(CapabilitySet needs,
                                DecodeCapabilitySet(message.declared_duty().needs()));
    member.declared_duty = DutyDeclaration{message.declared_duty().id(), std::move(needs),
                                           DecodeFencing(message.declared_duty().fencing())};
  }
  member.duty_id = message.duty_id();
  member.session_id = message.session_id();
  member.verdict = DecodeVerdict(message.verdict());
  member.evidence = DecodeEvidence(message.evidence());
  if (message.has_verdict_at()) member.verdict_at = DecodeTime(message.verdict_at());
  member.has_faults = !message.faults().empty();
  member.lease = DecodeDuration(message.lease());
  return member;
}

std::optional<std::pair<std::string, DocumentState>> DecodeDocument(
    const config_vault::v1::DocumentInfo& message) {
  const std::optional<std::string> duty_id = DutyOfDocument(message.name());
  if (!duty_id.has_value()) return std::nullopt;
  if (message.deleted()) return std::make_pair(*duty_id, DocumentState());
  return std::make_pair(*duty_id,
                        DocumentState{message.revision(), message.sha256(), message.author()});
}

v1::StationOrder EncodeOrder(const SendActivate& action) {
  v1::StationOrder message;
  EncodeDutyOrder(action.order, message.mutable_activate());
  return message;
}

v1::StationOrder EncodeOrder(const SendHold& action) {
  v1::StationOrder message;
  EncodeDutyOrder(action.order, message.mutable_hold());
  return message;
}

v1::StationOrder EncodeOrder(const SendStandDown& action) {
  v1::StationOrder message;
  v1::StandDown& order = *message.mutable_stand_down();
  order.set_duty_id(action.duty_id);
  order.set_epoch(action.epoch);
  order.set_assignment_number(action.assignment_number);
  order.set_reason(action.reason);
  return message;
}

v1::StationOrder EncodeOrder(const SendStage& action) {
  v1::StationOrder message;
  v1::Stage& order = *message.mutable_stage();
  order.set_duty_id(action.duty_id);
  order.set_document(action.document);
  order.set_document_revision(action.document_revision);
  order.set_document_sha256(action.document_sha256);
  return message;
}

v1::StationOrder EncodeOrder(const SendUnstage& action) {
  v1::StationOrder message;
  message.mutable_unstage()->set_duty_id(action.duty_id);
  return message;
}

v1::StationOrder EncodeOrder(const CollectionPlanner::Collection& collection) {
  v1::StationOrder message;
  message.mutable_collect()->set_duty_id(collection.duty_id);
  return message;
}

absl::Status CheckSha256(const std::string& sha256) {
  if (sha256.empty() || sha256.size() == kSha256Bytes) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_HASH",
                   absl::StrCat("expected a hash of 32 bytes, found ", sha256.size()));
}

absl::StatusOr<StagedCopy> DecodeStaged(const v1::Staged& message) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(message.duty_id()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckSha256(message.document_sha256()));
  const bool failed = !message.error().empty();
  return StagedCopy{message.document_revision(), failed ? "" : message.document_sha256()};
}

absl::StatusOr<Greeting> DecodeHello(const v1::Hello& message) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckStationId(message.station_id()));
  Greeting greeting;
  if (!message.holding().duty_id().empty()) {
    UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(message.holding().duty_id()));
    UNDERSTUDY_RETURN_IF_ERROR(CheckSha256(message.holding().document_sha256()));
    greeting.holding_duty = message.holding().duty_id();
    greeting.holding_sha256 = message.holding().document_sha256();
  }
  if (message.staged_size() > kMaxStagedInHello) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_HELLO",
                     absl::StrCat("hello: expected at most ", kMaxStagedInHello,
                                  " staged documents, found ", message.staged_size()));
  }
  for (const v1::Staged& staged : message.staged()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(StagedCopy copy, DecodeStaged(staged));
    if (!copy.sha256.empty()) greeting.staged[staged.duty_id()] = std::move(copy);
  }
  return greeting;
}

}  // namespace understudy::failover_orchestrator
