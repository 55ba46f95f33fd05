#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_BINARIES_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_BINARIES_H_

#include <string>

#include "absl/status/statusor.h"

namespace understudy::cli {

// Paths of the programs that a local fleet runs.
struct Binaries {
  std::string vault;
  std::string membership;
  std::string orchestrator;
  std::string agent;
  // The sample native process.
  std::string native;
  // Empty where it is not beside the others.
  std::string checkpoints = {};
  // Only for several control nodes: FindEtcd.
  std::string etcd = {};
};

// Debian's etcd (etcd-server), as PATH has it. NOT_FOUND PROGRAM_NOT_FOUND when it has none.
absl::StatusOr<std::string> FindEtcd();

// In `directory`: side by side as they are installed (config-vault, membership, ...), or as Bazel
// lays them out (services/config_vault/config_vault, ...). NOT_FOUND names the first that is
// missing; a fleet can do without checkpoint-store.
absl::StatusOr<Binaries> FindBinariesIn(const std::string& directory);

// Around the program that runs now: its own directory or one above it.
absl::StatusOr<Binaries> FindBinaries();

// The program that runs now.
std::string OwnProgram();

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_BINARIES_H_
