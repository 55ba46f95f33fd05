#include "services/membership/membership_codec.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/capability/capability_codec.h"
#include "common/document/identifiers.h"
#include "common/status/status.h"
#include "services/membership/record_codec.h"

namespace understudy::membership {
namespace {

// Enums are cast, since their numbers are the protos'.
static_assert(static_cast<int>(StationKind::kBackup) == type::v1::STATION_KIND_BACKUP);
static_assert(static_cast<int>(Fencing::kStrict) == config_vault::v1::FENCING_STRICT);
static_assert(static_cast<int>(MemberState::kLeft) == v1::Member::STATE_LEFT);
static_assert(static_cast<int>(Verdict::kSelfReported) == type::v1::VERDICT_SELF_REPORTED);
static_assert(static_cast<int>(ChangeReason::kSuspected) == v1::MemberChanged::REASON_SUSPECTED);
static_assert(kMaxFault == type::v1::HealthFault_MAX);

absl::Status Invalid(std::string_view reason, const std::string& message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason, message);
}

bool IsShortText(const std::string& text) { return text.size() <= kMaxTextBytes; }

absl::Status CheckTexts(const v1::JoinRequest& request) {
  if (!IsShortText(request.agent_version())) {
    return Invalid("INVALID_AGENT_VERSION",
                   absl::StrCat("the agent's version has ", request.agent_version().size(),
                                " bytes, at most ", kMaxTextBytes, " are allowed"));
  }
  if (static_cast<size_t>(request.addresses_size()) > kMaxAddresses) {
    return Invalid("INVALID_ADDRESSES",
                   absl::StrCat(request.addresses_size(), " addresses, at most ", kMaxAddresses,
                                " are allowed"));
  }
  for (const std::string& address : request.addresses()) {
    if (!IsShortText(address)) {
      return Invalid("INVALID_ADDRESSES",
                     absl::StrCat("an address has ", address.size(), " bytes, at most ",
                                  kMaxTextBytes, " are allowed"));
    }
  }
  return absl::OkStatus();
}

Indicators DecodeIndicators(const type::v1::Indicators& message) {
  return {.cpu_used = message.cpu_used(),
          .memory_used = message.memory_used(),
          .disk_used = message.disk_used(),
          .native_process_alive = message.native_process_alive(),
          .native_process_memory_bytes = message.native_process_memory_bytes()};
}

type::v1::Indicators EncodeIndicators(const Indicators& indicators) {
  type::v1::Indicators message;
  message.set_cpu_used(indicators.cpu_used);
  message.set_memory_used(indicators.memory_used);
  message.set_disk_used(indicators.disk_used);
  message.set_native_process_alive(indicators.native_process_alive);
  message.set_native_process_memory_bytes(indicators.native_process_memory_bytes);
  return message;
}

absl::StatusOr<Children> DecodeChildren(const v1::StationReport& report) {
  if (static_cast<size_t>(report.children_size()) > kMaxChildren) {
    return Invalid("INVALID_CHILDREN",
                   absl::StrCat(report.children_size(), " child devices, at most ", kMaxChildren,
                                " are allowed"));
  }
  Children children;
  std::set<std::string_view> ids;
  for (const type::v1::ChildDevice& child : report.children()) {
    UNDERSTUDY_RETURN_IF_ERROR(CheckChildDeviceId(child.id()));
    if (!ids.insert(child.id()).second || !IsShortText(child.type())) {
      return Invalid("INVALID_CHILDREN",
                     absl::StrCat("child device ", child.id(),
                                  " comes twice, or its type is longer than ", kMaxTextBytes));
    }
    children.push_back({.id = child.id(),
                        .type = child.type(),
                        .alive = child.alive(),
                        .changed_at = DecodeTime(child.changed_at())});
  }
  return children;
}

absl::StatusOr<std::vector<FaultReport>> DecodeFaults(const v1::StationReport& report) {
  if (static_cast<size_t>(report.faults_size()) > kMaxFaultReports) {
    return Invalid("INVALID_FAULTS", absl::StrCat(report.faults_size(), " faults, at most ",
                                                  kMaxFaultReports, " are allowed"));
  }
  std::vector<FaultReport> faults;
  for (const v1::FaultReport& fault : report.faults()) {
    if (FaultBit(fault.fault()) == 0 || !IsShortText(fault.summary())) {
      return Invalid(
          "INVALID_FAULTS",
          absl::StrCat("fault ", static_cast<int>(fault.fault()),
                       " is none that we know, or its summary is longer than ", kMaxTextBytes));
    }
    faults.push_back({.fault = fault.fault(),
                      .value = fault.value(),
                      .limit = fault.limit(),
                      .summary = fault.summary()});
  }
  return faults;
}

template <typename Faults>
void EncodeFaults(FaultBits bits, Faults& faults) {
  for (int fault = 1; fault <= kMaxFault; ++fault) {
    if ((bits & FaultBit(fault)) != 0) faults.Add(static_cast<type::v1::HealthFault>(fault));
  }
}

type::v1::Evidence EncodeEvidence(const Evidence& evidence) {
  type::v1::Evidence message;
  message.set_missed_beats(evidence.missed_beats);
  *message.mutable_silent_for() = EncodeDuration(evidence.silent_for);
  message.set_stream_open(evidence.stream_open);
  EncodeFaults(evidence.faults, *message.mutable_faults());
  message.set_summary(evidence.summary);
  return message;
}

void EncodeChildren(const Children& children, v1::Member& message) {
  for (const ChildDevice& child : children) {
    type::v1::ChildDevice& encoded = *message.add_children();
    encoded.set_id(child.id);
    encoded.set_type(child.type);
    encoded.set_alive(child.alive);
    *encoded.mutable_changed_at() = EncodeTime(child.changed_at);
  }
}

void EncodeRecordOf(const StationRecord& record, v1::Member& message) {
  message.set_station_id(record.id);
  message.set_kind(static_cast<type::v1::StationKind>(record.kind));
  *message.mutable_capabilities() = EncodeCapabilitySet(record.capabilities);
  message.set_agent_version(record.agent_version);
  message.mutable_addresses()->Add(record.addresses.begin(), record.addresses.end());
  if (record.declared_duty.has_value()) {
    *message.mutable_declared_duty() = EncodeDuty(*record.declared_duty);
  }
  *message.mutable_joined_at() = EncodeTime(record.joined_at);
}

}  // namespace

absl::StatusOr<StationRecord> DecodeJoin(const v1::JoinRequest& request) {
  StationRecord record;
  UNDERSTUDY_RETURN_IF_ERROR(CheckStationId(request.station_id()));
  record.id = request.station_id();
  if (request.kind() != type::v1::STATION_KIND_DEPLOYMENT &&
      request.kind() != type::v1::STATION_KIND_BACKUP) {
    return Invalid("INVALID_KIND",
                   absl::StrCat("station ", record.id, ": kind ", static_cast<int>(request.kind()),
                                " is neither deployment nor backup"));
  }
  record.kind = static_cast<StationKind>(request.kind());
  UNDERSTUDY_ASSIGN_OR_RETURN(record.capabilities, DecodeCapabilitySet(request.capabilities()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckTexts(request));
  record.agent_version = request.agent_version();
  record.addresses.assign(request.addresses().begin(), request.addresses().end());
  if (request.has_declared_duty()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(record.declared_duty, DecodeDuty(request.declared_duty()));
  }
  return record;
}

absl::StatusOr<StationReport> DecodeReport(const v1::StationReport& report) {
  StationReport decoded;
  // A kind that we do not know changes nothing.
  if (type::v1::StationKind_IsValid(report.kind())) {
    decoded.kind = static_cast<StationKind>(report.kind());
  }
  if (!report.duty_id().empty()) UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(report.duty_id()));
  decoded.duty_id = report.duty_id();
  decoded.indicators = DecodeIndicators(report.indicators());
  UNDERSTUDY_ASSIGN_OR_RETURN(decoded.faults, DecodeFaults(report));
  UNDERSTUDY_ASSIGN_OR_RETURN(decoded.children, DecodeChildren(report));
  return decoded;
}

v1::Member EncodeMember(const Member& member, absl::Time last_heard, absl::Duration lease) {
  v1::Member message;
  EncodeRecordOf(member.record, message);
  message.set_state(static_cast<v1::Member::State>(member.state));
  message.set_duty_id(member.duty_id);
  message.set_session_id(member.session_id);
  if (last_heard != absl::InfinitePast()) *message.mutable_last_heard_at() = EncodeTime(last_heard);
  if (member.verdict != Verdict::kUnspecified) {
    message.set_verdict(static_cast<type::v1::Verdict>(member.verdict));
    *message.mutable_evidence() = EncodeEvidence(member.evidence);
    *message.mutable_verdict_at() = EncodeTime(member.verdict_at);
  }
  *message.mutable_indicators() = EncodeIndicators(member.indicators);
  EncodeChildren(*member.children, message);
  EncodeFaults(member.faults(), *message.mutable_faults());
  *message.mutable_lease() = EncodeDuration(lease);
  return message;
}

v1::MemberChanged::Reason EncodeReason(ChangeReason reason) {
  return static_cast<v1::MemberChanged::Reason>(reason);
}

google::protobuf::Duration EncodeDuration(absl::Duration duration) {
  google::protobuf::Duration message;
  message.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  message.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return message;
}

}  // namespace understudy::membership
