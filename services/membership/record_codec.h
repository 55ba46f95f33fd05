#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_RECORD_CODEC_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_RECORD_CODEC_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/membership/member.h"
#include "understudy/config_vault/v1/registry.pb.h"

// Between the vault's records and membership's own words.
namespace understudy::membership {

config_vault::v1::StationRecord EncodeRecord(const StationRecord& record);
// Errors as the vault's own checks; a record that the vault kept should never have any.
absl::StatusOr<StationRecord> DecodeRecord(const config_vault::v1::StationRecord& message);

config_vault::v1::DutyDeclaration EncodeDuty(const DutyDeclaration& duty);
// INVALID_ARGUMENT INVALID_DUTY.
absl::StatusOr<DutyDeclaration> DecodeDuty(const config_vault::v1::DutyDeclaration& message);

google::protobuf::Timestamp EncodeTime(absl::Time time);
absl::Time DecodeTime(const google::protobuf::Timestamp& message);

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_RECORD_CODEC_H_
