#include "services/membership/record_codec.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/capability/capability_codec.h"
#include "common/document/identifiers.h"
#include "common/status/status.h"

namespace understudy::membership {
namespace {

// What a google.protobuf.Timestamp can say: years 1 to 9999.
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kLastSecond = 253'402'300'799;

absl::Status InvalidDuty(std::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_DUTY", message);
}

}  // namespace

google::protobuf::Timestamp EncodeTime(absl::Time time) {
  const absl::Time bounded =
      std::clamp(time, absl::FromUnixSeconds(kFirstSecond), absl::FromUnixSeconds(kLastSecond));
  const int64_t seconds = absl::ToUnixSeconds(bounded);
  google::protobuf::Timestamp message;
  message.set_seconds(seconds);
  message.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(bounded - absl::FromUnixSeconds(seconds))));
  return message;
}

absl::Time DecodeTime(const google::protobuf::Timestamp& message) {
  return absl::FromUnixSeconds(std::clamp(message.seconds(), kFirstSecond, kLastSecond)) +
         absl::Nanoseconds(std::clamp(message.nanos(), 0, 999'999'999));
}

config_vault::v1::DutyDeclaration EncodeDuty(const DutyDeclaration& duty) {
  config_vault::v1::DutyDeclaration message;
  message.set_id(duty.id);
  *message.mutable_needs() = EncodeCapabilitySet(duty.needs);
  message.set_fencing(static_cast<config_vault::v1::Fencing>(duty.fencing));
  return message;
}

absl::StatusOr<DutyDeclaration> DecodeDuty(const config_vault::v1::DutyDeclaration& message) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(message.id()));
  const auto needs = DecodeCapabilitySet(message.needs());
  if (!needs.ok()) return InvalidDuty(absl::StrCat("needs: ", DescribeError(needs.status())));
  if (!config_vault::v1::Fencing_IsValid(message.fencing())) {
    return InvalidDuty(
        absl::StrCat("fencing ", static_cast<int>(message.fencing()), " is none that we know"));
  }
  return DutyDeclaration{
      .id = message.id(), .needs = *needs, .fencing = static_cast<Fencing>(message.fencing())};
}

config_vault::v1::StationRecord EncodeRecord(const StationRecord& record) {
  config_vault::v1::StationRecord message;
  message.set_id(record.id);
  message.set_kind(static_cast<type::v1::StationKind>(record.kind));
  *message.mutable_capabilities() = EncodeCapabilitySet(record.capabilities);
  message.set_agent_version(record.agent_version);
  message.mutable_addresses()->Add(record.addresses.begin(), record.addresses.end());
  if (record.declared_duty.has_value()) {
    *message.mutable_declared_duty() = EncodeDuty(*record.declared_duty);
  }
  *message.mutable_joined_at() = EncodeTime(record.joined_at);
  message.set_has_left(record.has_left);
  return message;
}

absl::StatusOr<StationRecord> DecodeRecord(const config_vault::v1::StationRecord& message) {
  StationRecord record;
  UNDERSTUDY_RETURN_IF_ERROR(CheckStationId(message.id()));
  record.id = message.id();
  if (type::v1::StationKind_IsValid(message.kind())) {
    record.kind = static_cast<StationKind>(message.kind());
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(record.capabilities, DecodeCapabilitySet(message.capabilities()));
  record.agent_version = message.agent_version();
  record.addresses.assign(message.addresses().begin(), message.addresses().end());
  if (message.has_declared_duty()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(record.declared_duty, DecodeDuty(message.declared_duty()));
  }
  record.joined_at = DecodeTime(message.joined_at());
  record.has_left = message.has_left();
  return record;
}

}  // namespace understudy::membership
