#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_CODEC_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_CODEC_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "services/membership/event_log.h"
#include "services/membership/member.h"
#include "understudy/membership/v1/membership.pb.h"

// Between the wire and membership's own words. What is decoded is checked.
namespace understudy::membership {

inline constexpr size_t kMaxAddresses = 16;
inline constexpr size_t kMaxTextBytes = 256;
inline constexpr size_t kMaxChildren = 1024;
inline constexpr size_t kMaxFaultReports = 16;

// INVALID_ARGUMENT INVALID_STATION_ID, INVALID_KIND, INVALID_CAPABILITIES, INVALID_DUTY,
// INVALID_ADDRESSES, INVALID_AGENT_VERSION.
absl::StatusOr<StationRecord> DecodeJoin(const v1::JoinRequest& request);
// INVALID_ARGUMENT INVALID_DUTY, INVALID_CHILDREN, INVALID_CHILD_DEVICE_ID, INVALID_FAULTS.
absl::StatusOr<StationReport> DecodeReport(const v1::StationReport& report);

// `lease` is the same for all.
v1::Member EncodeMember(const Member& member, absl::Time last_heard, absl::Duration lease);
v1::MemberChanged::Reason EncodeReason(ChangeReason reason);
google::protobuf::Duration EncodeDuration(absl::Duration duration);

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBERSHIP_CODEC_H_
