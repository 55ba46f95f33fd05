#ifndef UNDERSTUDY_COMMON_GROUP_COMMIT_DISK_STATE_H_
#define UNDERSTUDY_COMMON_GROUP_COMMIT_DISK_STATE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/time/clock.h"

namespace understudy {

// Whether the disk takes writes, since when not, and when it may be tried again. Not thread-safe.
class DiskState {
 public:
  // `clock` must outlive it.
  DiskState(absl::Duration recovery_interval, const Clock& clock)
      : recovery_interval_(recovery_interval), clock_(clock) {}

  void Set(const absl::Status& state);
  bool is_good() const { return state_.ok(); }
  // It is bad, and long enough so to be tried.
  bool is_due() const { return !state_.ok() && clock_.SteadyNow() >= next_try_; }
  // What is told to those who want to write while it is bad.
  absl::Status Refusal() const;

 private:
  const absl::Duration recovery_interval_;
  const Clock& clock_;
  absl::Status state_;
  std::string failing_since_;
  SteadyTime next_try_;
};

// RESOURCE_EXHAUSTED OVERLOADED: so much waits, with these limits.
absl::Status Overloaded(size_t commands, size_t bytes, size_t max_commands, size_t max_bytes);
// UNAVAILABLE SHUTTING_DOWN. `whose`: "the vault".
absl::Status ShuttingDown(std::string_view whose);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_GROUP_COMMIT_DISK_STATE_H_
