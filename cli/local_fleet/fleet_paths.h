#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_FLEET_PATHS_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_FLEET_PATHS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/local_fleet/binaries.h"

// Where a local fleet's ingredients are, as far as the caller does not say.
namespace understudy::cli {

// `directory`, or when it is empty: around this program.
absl::StatusOr<Binaries> BinariesIn(const std::string& directory);

// `directory`, or when it is empty: tests/data under `home`, beside this program as Bazel lays it
// out, or here.
absl::StatusOr<std::string> DocumentsDirectory(const std::string& directory,
                                               const std::string& home = "");

// Forgets a site's files. ALREADY_EXISTS FLEET_RUNNING while its fleet runs; FAILED_PRECONDITION
// NOT_A_SITE when the directory holds anything that a local fleet does not make.
absl::Status RemoveSite(const std::string& directory);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_FLEET_PATHS_H_
