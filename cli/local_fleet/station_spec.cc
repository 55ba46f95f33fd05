#include "cli/local_fleet/station_spec.h"

#include <array>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/local_fleet/site_layout.h"

namespace understudy::cli {
namespace {

namespace fs = std::filesystem;

struct Role {
  const char* name;
  const char* needs;
};

// The order is the order in which the demonstration grows. The first four are those that fail.
constexpr std::array<Role, 8> kRoles = {{
    {"gate", "camera.rtsp: 6, npu.tops: 4, algorithm.plate: 1, io.relay: 5"},
    {"warehouse", "camera.rtsp: 8, npu.tops: 8, algorithm.helmet: 1, algorithm.intrusion: 1"},
    {"kitchen", "camera.rtsp: 5, npu.tops: 4, algorithm.smoke: 1, io.rs485: 1"},
    {"pump-house", "camera.rtsp: 5, npu.tops: 2, io.rs485: 2, io.valve: 3"},
    {"loading-dock", "camera.rtsp: 7, npu.tops: 6, algorithm.plate: 1, algorithm.helmet: 1"},
    {"boiler-room", "camera.rtsp: 5, npu.tops: 4, algorithm.flame: 1, io.rs485: 3"},
    {"car-park", "camera.rtsp: 7, npu.tops: 4, algorithm.plate: 1, algorithm.free-space: 1"},
    {"workshop", "camera.rtsp: 6, npu.tops: 8, algorithm.helmet: 1, algorithm.goggles: 1"},
}};

constexpr std::array<const char*, 3> kBackupCapabilities = {
    "camera.rtsp: 16, npu.tops: 16, algorithm.plate: 1, algorithm.helmet: 1, algorithm.intrusion: "
    "1,"
    " algorithm.smoke: 1, io.relay: 8, io.rs485: 2",
    "camera.rtsp: 8, npu.tops: 6, algorithm.plate: 1, algorithm.smoke: 1, io.relay: 6, io.rs485: 1",
    "camera.rtsp: 10, npu.tops: 8, algorithm.helmet: 1, algorithm.intrusion: 1",
};

// Of text in this file, which is valid.
CapabilitySet Capabilities(std::string_view text) { return ParseCapabilitySet(text).value(); }

StationSpec Deployment(const Role& role, size_t number, std::string_view first_document) {
  const std::string first_id = absl::StrCat(role.name, "-1");
  StationSpec station;
  station.id = absl::StrCat(role.name, "-", number);
  station.capabilities = Capabilities(role.needs);
  station.duty =
      DutySpec{.id = number == 1 ? std::string(role.name) : absl::StrCat(role.name, "-", number),
               .needs = station.capabilities};
  station.document = absl::StrReplaceAll(
      absl::string_view(first_document.data(), first_document.size()),
      {{absl::StrCat("\"", first_id, "\""), absl::StrCat("\"", station.id, "\"")}});
  return station;
}

}  // namespace

absl::StatusOr<StationDocuments> ReadStationDocuments(const std::string& directory) {
  StationDocuments documents;
  for (const Role& role : kRoles) {
    const std::string station = absl::StrCat(role.name, "-1");
    absl::StatusOr<std::string> document = ReadFile(directory + "/" + station + ".json");
    if (!document.ok()) return document.status();
    documents[station] = *std::move(document);
  }
  return documents;
}

absl::StatusOr<std::vector<StationSpec>> DeploymentStations(const StationDocuments& documents,
                                                            size_t count) {
  std::vector<StationSpec> stations;
  for (size_t i = 0; i < count; ++i) {
    const Role& role = kRoles[i % kRoles.size()];
    const auto document = documents.find(absl::StrCat(role.name, "-1"));
    if (document == documents.end()) {
      return absl::NotFoundError(absl::StrCat("no document for station ", role.name, "-1"));
    }
    stations.push_back(Deployment(role, i / kRoles.size() + 1, document->second));
  }
  return stations;
}

std::vector<StationSpec> Backups(size_t count) {
  std::vector<StationSpec> stations;
  for (size_t i = 0; i < count; ++i) {
    StationSpec station;
    station.id = absl::StrCat("spare-", i + 1);
    station.capabilities = Capabilities(kBackupCapabilities[i % kBackupCapabilities.size()]);
    stations.push_back(std::move(station));
  }
  return stations;
}

StationSpec BackupForPumpHouses(std::string_view id) {
  StationSpec station;
  station.id = std::string(id);
  station.capabilities = Capabilities("camera.rtsp: 6, npu.tops: 2, io.rs485: 4, io.valve: 4");
  return station;
}

}  // namespace understudy::cli
