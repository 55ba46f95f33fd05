#include "services/config_vault/proto_fields.h"

#include <algorithm>

namespace understudy::config_vault::fields {
namespace {

// What google.protobuf.Timestamp and Duration can say.
constexpr int64_t kMinTimestampSeconds = -62'135'596'800;
constexpr int64_t kMaxTimestampSeconds = 253'402'300'799;
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr int32_t kMaxNanos = 999'999'999;

}  // namespace

void SetTime(absl::Time time, google::protobuf::Timestamp& to) {
  time = std::clamp(time, absl::FromUnixSeconds(kMinTimestampSeconds),
                    absl::FromUnixSeconds(kMaxTimestampSeconds));
  const int64_t seconds = absl::ToUnixSeconds(time);
  to.set_seconds(seconds);
  to.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

absl::Time ToTime(const google::protobuf::Timestamp& from) {
  return absl::FromUnixSeconds(
             std::clamp(from.seconds(), kMinTimestampSeconds, kMaxTimestampSeconds)) +
         absl::Nanoseconds(std::clamp(from.nanos(), 0, kMaxNanos));
}

void SetDuration(absl::Duration duration, google::protobuf::Duration& to) {
  duration =
      std::clamp(duration, -absl::Seconds(kMaxDurationSeconds), absl::Seconds(kMaxDurationSeconds));
  to.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  to.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
}

absl::Duration ToDuration(const google::protobuf::Duration& from) {
  return absl::Seconds(std::clamp(from.seconds(), -kMaxDurationSeconds, kMaxDurationSeconds)) +
         absl::Nanoseconds(std::clamp(from.nanos(), -kMaxNanos, kMaxNanos));
}

std::string DigestBytes(const DocumentInfo& info) {
  return info.deleted ? std::string() : Sha256ToBytes(info.sha256);
}

Sha256 DigestFrom(const std::string& bytes) { return Sha256FromBytes(bytes).value_or(Sha256{}); }

}  // namespace understudy::config_vault::fields
