#include "cli/local_fleet/readiness.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using failover_orchestrator::v1::DutyStatus;
using membership::v1::Member;

bool IsAlive(const membership::v1::ListResponse& members, const std::string& station) {
  return std::any_of(members.members().begin(), members.members().end(), [&](const Member& member) {
    return member.station_id() == station && member.state() == Member::STATE_ALIVE;
  });
}

std::string DutyNotReady(const DutyStatus& duty) {
  const std::string& id = duty.duty().id();
  if (duty.duty().assignment().state() != config_vault::v1::Assignment::STATE_RUNNING) {
    return "duty " + id + " does not run";
  }
  if (duty.document_revision() == 0) return "duty " + id + " has no document yet";
  for (const auto& spare : duty.spares()) {
    if (!spare.staged()) return absl::StrCat(spare.station_id(), " does not hold ", id, " yet");
  }
  return "";
}

const DutyStatus* FindDuty(const failover_orchestrator::v1::GetStatusResponse& duties,
                           const std::string& id) {
  for (const DutyStatus& duty : duties.duties()) {
    if (duty.duty().id() == id) return &duty;
  }
  return nullptr;
}

bool IsAssigned(const failover_orchestrator::v1::GetStatusResponse& duties,
                const std::string& station) {
  return std::any_of(duties.duties().begin(), duties.duties().end(), [&](const DutyStatus& duty) {
    return duty.duty().assignment().station_id() == station;
  });
}

// How many backups of ours are idle and can take the duty, and so should be ready to.
int FittingBackups(const std::vector<StationSpec>& stations, const StationSpec& of,
                   const failover_orchestrator::v1::GetStatusResponse& duties) {
  const auto count =
      std::count_if(stations.begin(), stations.end(), [&](const StationSpec& station) {
        return !station.duty.has_value() && station.capabilities.Covers(of.duty->needs) &&
               !IsAssigned(duties, station.id);
      });
  return static_cast<int>(count);
}

}  // namespace

std::string NotReadyBecause(const std::vector<StationSpec>& stations,
                            const membership::v1::ListResponse& members,
                            const failover_orchestrator::v1::GetStatusResponse& duties) {
  for (const StationSpec& station : stations) {
    if (!IsAlive(members, station.id)) return "station " + station.id + " is not alive";
  }
  for (const StationSpec& station : stations) {
    if (!station.duty.has_value()) continue;
    const DutyStatus* const duty = FindDuty(duties, station.duty->id);
    if (duty == nullptr) return "duty " + station.duty->id + " is not known";
    const std::string problem = DutyNotReady(*duty);
    if (!problem.empty()) return problem;
    if (duty->spares_size() < FittingBackups(stations, station, duties)) {
      return "not every backup is ready for duty " + station.duty->id;
    }
  }
  return "";
}

absl::Status AwaitReady(const std::vector<StationSpec>& stations, MembershipClient& membership,
                        OrchestratorClient& orchestrator, absl::Duration timeout,
                        const std::function<bool()>& interrupted) {
  std::string problem;
  const bool in_time = WaitFor(
      timeout,
      [&] {
        if (interrupted()) return true;
        const auto members = membership.List();
        const auto duties = orchestrator.GetStatus();
        problem = !members.ok()  ? std::string(members.status().message())
                  : !duties.ok() ? std::string(duties.status().message())
                                 : NotReadyBecause(stations, *members, *duties);
        return problem.empty();
      },
      absl::Milliseconds(50));
  if (interrupted()) return absl::CancelledError("interrupted");
  if (in_time) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kDeadlineExceeded, "NOT_READY",
      absl::StrCat("the fleet is not ready after ", absl::FormatDuration(timeout), ": ", problem));
}

}  // namespace understudy::cli
