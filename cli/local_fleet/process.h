#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_PROCESS_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

// Processes of this machine that are never mistaken for another that got the same number later.
// Thread-safe.
namespace understudy::cli {

// One process for as long as the machine is up.
struct ProcessId {
  pid_t pid = 0;
  // Clock ticks since boot at which it began (/proc/PID/stat, field 22).
  uint64_t start_ticks = 0;

  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

// The process that has this number now; nothing when there is none.
std::optional<ProcessId> FindProcess(pid_t pid);

// Whether it exists and is no zombie. Reaps it when it is a dead child of ours.
bool IsRunning(const ProcessId& process);

// How a child of ours ended: "exit code 2", "signal 9". Nothing is known of others.
std::optional<std::string> HowItEnded(const ProcessId& process);

// Sends a signal to exactly this process; NOT_FOUND when it is gone.
absl::Status SendSignal(const ProcessId& process, int signal);

// False when it still runs after `timeout`.
bool WaitUntilGone(const ProcessId& process, absl::Duration timeout);

// SIGTERM to all (and SIGCONT, as one may be frozen), then SIGKILL to those that still run after
// `grace`. Returns how many had to be killed.
int StopProcesses(const std::vector<ProcessId>& processes, absl::Duration grace);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_PROCESS_H_
