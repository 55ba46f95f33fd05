#ifndef UNDERSTUDY_CLI_EXIT_CODE_H_
#define UNDERSTUDY_CLI_EXIT_CODE_H_

#include "absl/status/status.h"

namespace understudy::cli {

// What the command's exit code says. Stable: scripts rely on it.
enum class ExitCode {
  kDone = 0,
  // It was tried and failed; also an internal error.
  kFailed = 1,
  // The command line makes no sense; nothing was tried.
  kUsage = 2,
  // A service did not answer.
  kNotReachable = 3,
  // The station, document, revision, ... does not exist.
  kNotFound = 4,
  // The state of the site speaks against it: another revision, a drill under way, no backup, ...
  kRefused = 5,
  // What was sent is malformed or too large.
  kBadInput = 6,
  // Ctrl-C.
  kInterrupted = 130,
};

// The reason (common/status) that marks an error as one of usage.
inline constexpr char kUsageReason[] = "USAGE";
absl::Status UsageError(const std::string& message);

ExitCode ExitCodeOf(const absl::Status& status);

// The codes as `--help` lists them.
extern const char kExitCodesHelp[];

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_EXIT_CODE_H_
