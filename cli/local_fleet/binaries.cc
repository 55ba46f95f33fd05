#include "cli/local_fleet/binaries.h"

#include <stdlib.h>

#include <array>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "common/status/status.h"

namespace understudy::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kLevelsAbove = 4;

struct Program {
  std::string Binaries::*path;
  const char* installed;
  const char* built;
};

constexpr std::array<Program, 5> kPrograms = {{
    {&Binaries::vault, "config-vault", "services/config_vault/config_vault"},
    {&Binaries::membership, "membership", "services/membership/membership"},
    {&Binaries::orchestrator, "failover-orchestrator",
     "services/failover_orchestrator/failover_orchestrator"},
    {&Binaries::agent, "station-agent", "services/station_agent/station_agent"},
    {&Binaries::native, "sample-native",
     "services/station_agent/sample_native/understudy_sample_native"},
}};
constexpr Program kCheckpointStore = {&Binaries::checkpoints, "checkpoint-store",
                                      "services/checkpoint_store/checkpoint_store"};

bool IsProgram(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

absl::StatusOr<std::string> Find(const Program& program, const std::string& directory) {
  const fs::path installed = fs::path(directory) / program.installed;
  const fs::path built = fs::path(directory) / program.built;
  if (IsProgram(installed)) return installed.string();
  if (IsProgram(built)) return built.string();
  return MakeError(absl::StatusCode::kNotFound, "PROGRAM_NOT_FOUND",
                   "neither " + installed.string() + " nor " + built.string() + " is there");
}

}  // namespace

absl::StatusOr<std::string> FindEtcd() {
  const char* path = getenv("PATH");
  std::stringstream directories(path == nullptr ? "/usr/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const fs::path program = fs::path(directory) / "etcd";
    if (!directory.empty() && IsProgram(program)) return program.string();
  }
  return MakeError(absl::StatusCode::kNotFound, "PROGRAM_NOT_FOUND",
                   "etcd, which several control nodes share, is not installed "
                   "(package etcd-server)");
}

absl::StatusOr<Binaries> FindBinariesIn(const std::string& directory) {
  Binaries binaries;
  for (const Program& program : kPrograms) {
    UNDERSTUDY_ASSIGN_OR_RETURN(binaries.*program.path, Find(program, directory));
  }
  binaries.*kCheckpointStore.path = Find(kCheckpointStore, directory).value_or("");
  return binaries;
}

std::string OwnProgram() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).string();
}

absl::StatusOr<Binaries> FindBinaries() {
  fs::path directory = fs::path(OwnProgram()).parent_path();
  const absl::StatusOr<Binaries> beside = FindBinariesIn(directory.string());
  if (beside.ok()) return beside;
  for (int level = 0; level < kLevelsAbove && directory.has_relative_path(); ++level) {
    directory = directory.parent_path();
    absl::StatusOr<Binaries> found = FindBinariesIn(directory.string());
    if (found.ok()) return found;
  }
  return WithContext(beside.status(), "the fleet's programs are not beside this one");
}

}  // namespace understudy::cli
