#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_SPAWN_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_SPAWN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/local_fleet/process.h"

namespace understudy::cli {

struct ProcessSpec {
  // A path, or a name to be found in PATH.
  std::string program = {};
  std::vector<std::string> arguments = {};
  // Standard output and error are appended to it; standard input is /dev/null.
  std::string log_file = {};
  // The kernel kills it when the thread that started it ends.
  bool dies_with_parent = false;
};

// Starts a process in a session, and so a process group, of its own: a Ctrl-C at the terminal does
// not reach it.
absl::StatusOr<ProcessId> StartProcess(const ProcessSpec& spec);

// Runs a program to its end, `limit` at most, and returns its standard output and error together.
// INTERNAL with that output when it exits with anything but 0.
absl::StatusOr<std::string> RunProgram(const std::string& program,
                                       const std::vector<std::string>& arguments,
                                       absl::Duration limit = absl::Minutes(1));

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_SPAWN_H_
