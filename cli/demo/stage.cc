#include "cli/demo/stage.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/readiness.h"
#include "cli/local_fleet/wait.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"
#include "common/document/compression.h"
#include "common/document/identifiers.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using config_vault::v1::Assignment;
using membership::v1::Member;

constexpr absl::Duration kShowPatience = absl::Seconds(1);

bool IsIdleBackup(const std::optional<Member>& member) {
  return member.has_value() && member->state() == Member::STATE_ALIVE &&
         member->kind() == type::v1::STATION_KIND_BACKUP && member->duty_id().empty() &&
         member->faults().empty();
}

std::string HashBytes(const std::string& document) { return Sha256ToBytes(Sha256Of(document)); }

}  // namespace

absl::StatusOr<std::unique_ptr<Stage>> Stage::Open(LocalFleet& fleet, ClientFactory& clients,
                                                   const std::vector<StationSpec>& stations,
                                                   SiteObserver::Listener listener,
                                                   Interrupted interrupted) {
  std::unique_ptr<Stage> stage(new Stage(fleet, clients, std::move(interrupted)));
  const ControlNodes& nodes = fleet.site().control_nodes;
  UNDERSTUDY_ASSIGN_OR_RETURN(stage->vault_, clients.Vault(nodes));
  UNDERSTUDY_ASSIGN_OR_RETURN(stage->membership_, clients.Membership(nodes));
  UNDERSTUDY_ASSIGN_OR_RETURN(stage->orchestrator_, clients.Orchestrator(nodes));
  UNDERSTUDY_ASSIGN_OR_RETURN(stage->watched_membership_, clients.Membership(nodes));
  UNDERSTUDY_ASSIGN_OR_RETURN(stage->watched_orchestrator_, clients.Orchestrator(nodes));
  for (const StationSpec& station : stations) {
    if (!station.duty.has_value()) continue;
    stage->duties_[station.duty->id] = {.station = station.id, .document = station.document};
  }
  stage->observer_ = std::make_unique<SiteObserver>(
      *stage->watched_membership_, *stage->watched_orchestrator_, std::move(listener));
  return stage;
}

absl::Status Stage::Await(absl::Duration timeout, const std::string& what,
                          const std::function<bool()>& condition) {
  const bool held = WaitFor(timeout, [&] { return interrupted_() || condition(); });
  if (interrupted_()) return absl::CancelledError("interrupted");
  if (held) return absl::OkStatus();
  return MakeError(absl::StatusCode::kDeadlineExceeded, "DID_NOT_HAPPEN",
                   absl::StrCat(what, " did not happen within ", DurationText(timeout)));
}

absl::Status Stage::AwaitReady(const std::vector<StationSpec>& stations, absl::Duration timeout) {
  return cli::AwaitReady(stations, *membership_, *orchestrator_, timeout, interrupted_);
}

absl::Status Stage::SignalStation(const std::string& station, int signal) {
  UNDERSTUDY_RETURN_IF_ERROR(fleet_.Signal(AgentName(station), signal));
  UNDERSTUDY_RETURN_IF_ERROR(fleet_.Signal(NativeName(station), signal));
  if (signal != SIGKILL) return absl::OkStatus();
  return Await(absl::Seconds(10), "the end of " + station, [&] {
    return !IsRunning(fleet_.processes().at(AgentName(station)).id) &&
           !IsRunning(fleet_.processes().at(NativeName(station)).id);
  });
}

absl::Status Stage::RestartStation(const std::string& station) {
  UNDERSTUDY_RETURN_IF_ERROR(fleet_.Restart(AgentName(station)));
  return fleet_.Restart(NativeName(station));
}

absl::Status Stage::AddStation(const StationSpec& station) {
  return fleet_.StartStations({station});
}

absl::Status Stage::Leave(const std::string& station, const std::string& reason) {
  const auto address = fleet_.site().agents.find(station);
  if (address == fleet_.site().agents.end()) return absl::NotFoundError("no agent of " + station);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto agent, clients_.Agent(address->second));
  return agent->Leave(reason).status();
}

absl::StatusOr<Stage::Failover> Stage::AwaitFailover(const std::string& duty, Failover::State state,
                                                     absl::Duration timeout) {
  // A failover is named after the assignment that failed.
  const std::string id = absl::StrCat(duty, "-", duties_.at(duty).assignment_number);
  std::optional<Failover> found;
  const absl::Status status = Await(
      timeout,
      absl::StrCat("a failover of duty ", duty, " that is ", FailoverStateCell(state).text), [&] {
        found = observer_->FindFailover([&](const Failover& failover) {
          return failover.id() == id && failover.state() == state;
        });
        return found.has_value();
      });
  if (!status.ok()) return status;
  return *found;
}

absl::StatusOr<StepResult> Stage::AwaitMove(const std::string& duty, const std::string& what,
                                            absl::Duration bound, absl::Duration timeout) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const Failover failover,
                              AwaitFailover(duty, Failover::STATE_DONE, timeout));
  Duty& known = duties_.at(duty);
  known.station = failover.to_station();
  known.assignment_number = failover.assignment_number();
  StepResult result;
  result.what = what;
  result.failover = failover;
  result.recovery = ToDuration(failover.stages().recovery());
  result.bound = bound;
  result.before = HashBytes(known.document);
  result.after = failover.running_sha256();
  result.problem = CheckMove(failover, known);
  return result;
}

std::string Stage::CheckMove(const Failover& failover, const Duty& duty) {
  const std::string expected = HashBytes(duty.document);
  if (failover.running_sha256() != expected) return "another document runs";
  if (failover.document_sha256() != expected) return "another document was ordered";
  const auto stored = VaultDocument(failover.duty_id());
  if (!stored.ok()) return "the vault: " + std::string(stored.status().message());
  if (*stored != duty.document) return "the vault holds other bytes";
  // The native process says that it runs the document before it shows it.
  absl::StatusOr<std::string> shown;
  const bool same = WaitFor(kShowPatience, [&] {
    shown = ReadFile(fleet_.NativeStateFile(failover.to_station()));
    return shown.ok() && *shown == duty.document;
  });
  if (same) return "";
  return shown.ok() ? "the native process runs other bytes" : "the native process shows nothing";
}

absl::StatusOr<std::string> Stage::VaultDocument(const std::string& duty) {
  config_vault::v1::GetRequest request;
  request.set_name(DutyDocumentName(duty));
  request.set_encoding(config_vault::v1::ENCODING_ZSTD);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault_->Get(request));
  if (response.encoding() != config_vault::v1::ENCODING_ZSTD) return response.content();
  return Unpack(response.content());
}

bool Stage::HoldsWhatItMayInherit(const std::string& station) {
  const auto status = orchestrator_->GetStatus();
  if (!status.ok()) return false;
  bool listed = false;
  for (const auto& duty : status->duties()) {
    for (const auto& spare : duty.spares()) {
      if (spare.station_id() != station) continue;
      listed = true;
      if (!spare.staged()) return false;
    }
  }
  return listed;
}

std::vector<std::string> Stage::SparesOf(const std::string& duty) {
  std::vector<std::string> spares;
  const auto status = orchestrator_->GetStatus();
  if (!status.ok()) return spares;
  for (const auto& known : status->duties()) {
    if (known.duty().id() != duty) continue;
    for (const auto& spare : known.spares()) spares.push_back(spare.station_id());
  }
  return spares;
}

absl::Status Stage::AwaitSpare(const std::string& station, absl::Duration timeout) {
  return Await(timeout, station + " as a backup that is ready", [&] {
    return IsIdleBackup(observer_->FindMember(station)) &&
           !std::filesystem::exists(fleet_.NativeStateFile(station)) &&
           HoldsWhatItMayInherit(station);
  });
}

absl::Status Stage::AwaitAlive(const std::string& station, absl::Duration timeout) {
  return Await(timeout, "the joining of " + station, [&] {
    const auto member = observer_->FindMember(station);
    return member.has_value() && member->state() == Member::STATE_ALIVE;
  });
}

std::vector<std::string> Stage::Disorder(const std::vector<std::string>& bystanders) {
  std::vector<std::string> problems;
  const auto status = orchestrator_->GetStatus();
  if (!status.ok()) return {std::string(status.status().message())};
  for (const auto& [id, duty] : duties_) {
    const auto found = std::find_if(status->duties().begin(), status->duties().end(),
                                    [&](const auto& entry) { return entry.duty().id() == id; });
    const bool runs = found != status->duties().end() &&
                      found->duty().assignment().state() == Assignment::STATE_RUNNING &&
                      found->duty().assignment().station_id() == duty.station;
    if (!runs) problems.push_back(absl::StrCat("duty ", id, " does not run on ", duty.station));
  }
  for (const std::string& station : bystanders) {
    const auto member = observer_->FindMember(station);
    if (!member.has_value() || member->state() != Member::STATE_ALIVE) {
      problems.push_back("station " + station + ", which nobody touched, is not alive");
    }
  }
  return problems;
}

}  // namespace understudy::cli
