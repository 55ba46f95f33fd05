#include "common/group_commit/disk_state.h"

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy {

void DiskState::Set(const absl::Status& state) {
  if (!state.ok() && state_.ok()) {
    failing_since_ = absl::FormatTime(absl::RFC3339_sec, clock_.WallNow(), absl::UTCTimeZone());
  }
  next_try_ = clock_.SteadyNow() + recovery_interval_;
  state_ = state;
}

absl::Status DiskState::Refusal() const {
  return WithContext(state_, absl::StrCat("writes have been refused since ", failing_since_));
}

absl::Status Overloaded(size_t commands, size_t bytes, size_t max_commands, size_t max_bytes) {
  return MakeError(absl::StatusCode::kResourceExhausted, "OVERLOADED",
                   absl::StrCat(commands, " writes of ", bytes,
                                " bytes wait for the disk already; the limits are ", max_commands,
                                " and ", max_bytes));
}

absl::Status ShuttingDown(std::string_view whose) {
  return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                   std::string(whose) + " is shutting down");
}

}  // namespace understudy
