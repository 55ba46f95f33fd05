#include "cli/exit_code.h"

#include <string>

#include "common/status/status.h"

namespace understudy::cli {

const char kExitCodesHelp[] =
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a service did not answer, 4 not found,\n"
    "  5 refused in this state (conflict, no backup, ...), 6 the input is malformed or too "
    "large,\n  130 interrupted.";

absl::Status UsageError(const std::string& message) {
  return MakeError(absl::StatusCode::kInvalidArgument, kUsageReason, message);
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (ErrorReason(status) == kUsageReason) return ExitCode::kUsage;
  // It comes with the same code as reasons that do speak of state.
  if (ErrorReason(status) == "DOCUMENT_TOO_LARGE") return ExitCode::kBadInput;
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kDone;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return ExitCode::kBadInput;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kNotReachable;
    case absl::StatusCode::kCancelled:
      return ExitCode::kInterrupted;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kResourceExhausted:
      return ExitCode::kRefused;
    default:
      return ExitCode::kFailed;
  }
}

}  // namespace understudy::cli
