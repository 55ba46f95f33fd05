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

bool IsProgram(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
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
    const fs::path installed = fs::path(directory) / program.installed;
    const fs::path built = fs::path(directory) / program.built;
    if (!IsProgram(installed) && !IsProgram(built)) {
      return MakeError(absl::StatusCode::kNotFound, "PROGRAM_NOT_FOUND",
                       "neither " + installed.string() + " nor " + built.string() + " is there");
    }
    binaries.*program.path = (IsProgram(installed) ? installed : built).string();
  }
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
