#include "cli/local_fleet/fleet_paths.h"

#include <filesystem>
#include <set>
#include <system_error>
#include <vector>

#include "cli/local_fleet/local_fleet.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> DocumentPlaces(const std::string& home) {
  std::vector<std::string> places;
  if (!home.empty()) places.push_back(home + "/tests/data");
  places.push_back(OwnProgram() + ".runfiles/understudy/tests/data");
  places.push_back("tests/data");
  return places;
}

// What LocalFleet makes; the front script keeps its stamps there, too.
bool IsOurs(const fs::path& path) {
  static const std::set<std::string> kNames = {
      "config", "ports", "logs", "pki", "data", "run", "site.json", "processes.json", "demo"};
  const std::string name = path.filename().string();
  return kNames.contains(name) || name.starts_with("build");
}

}  // namespace

absl::StatusOr<Binaries> BinariesIn(const std::string& directory) {
  return directory.empty() ? FindBinaries() : FindBinariesIn(directory);
}

absl::StatusOr<std::string> DocumentsDirectory(const std::string& directory,
                                               const std::string& home) {
  if (!directory.empty()) return directory;
  for (const std::string& place : DocumentPlaces(home)) {
    std::error_code error;
    if (fs::exists(place + "/gate-1.json", error)) return place;
  }
  return MakeError(absl::StatusCode::kNotFound, "DOCUMENTS_NOT_FOUND",
                   "the station configurations are not here; --documents DIR names tests/data");
}

absl::Status RemoveSite(const std::string& directory) {
  const absl::StatusOr<LocalFleet> fleet = LocalFleet::Open(directory);
  if (fleet.ok() && fleet->AnyRuns()) {
    return MakeError(absl::StatusCode::kAlreadyExists, "FLEET_RUNNING",
                     "a fleet runs in " + directory);
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (!IsOurs(entry.path())) {
      return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_A_SITE",
                       directory + " holds " + entry.path().filename().string() +
                           ", which no local fleet made: nothing was removed");
    }
  }
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (!entry.path().filename().string().starts_with("build")) {
      fs::remove_all(entry.path(), error);
    }
  }
  return absl::OkStatus();
}

}  // namespace understudy::cli
