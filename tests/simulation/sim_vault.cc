#include "tests/simulation/sim_vault.h"

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::simulation {

namespace fo = failover_orchestrator;

SimVault::SimVault(SimWorld& world, SimNode& node, VaultDisk& disk)
    : world_(world), node_(node), disk_(disk), calls_(world, node, *this) {
  ++disk_.epoch;
  world.streams().Accept(node, "watch", [this](auto stream) { Watch(stream); });
}

void SimVault::AfterSync(std::function<void()> task) {
  const absl::Duration sync =
      node_.random().Between(absl::Microseconds(200), absl::Milliseconds(3));
  node_.executor().RunAt(node_.clock().SteadyNow() + sync, std::move(task));
}

void SimVault::Watch(const std::shared_ptr<SimStream>& stream) {
  SimStream* raw = stream.get();
  stream->SetHandlers(nullptr, [this, raw] {
    std::erase_if(watchers_, [raw](const auto& open) { return open.get() == raw; });
  });
  watchers_.push_back(stream);
  stream->Send({"role", Role{disk_.epoch}});
  for (const auto& [duty_id, state] : disk_.documents) {
    stream->Send({"document", Document{duty_id, state}});
  }
  stream->Send({"synced", Synced()});
}

void SimVault::PutDocument(const std::string& duty_id, fo::DocumentState state) {
  disk_.documents[duty_id] = state;
  for (const auto& watcher : watchers_) watcher->Send({"document", Document{duty_id, state}});
}

absl::Status SimVault::CheckEpoch(uint64_t epoch) const {
  if (epoch == disk_.epoch) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "STALE_EPOCH", "another epoch");
}

absl::Status SimVault::CheckFree(const std::string& station_id, const std::string& duty_id) const {
  if (station_id.empty()) return absl::OkStatus();
  for (const auto& [id, duty] : disk_.duties) {
    if (id == duty_id || duty.assignment.station_id != station_id) continue;
    return MakeError(absl::StatusCode::kFailedPrecondition, "STATION_BUSY",
                     absl::StrCat(station_id, " holds ", id));
  }
  return absl::OkStatus();
}

void SimVault::Assign(fo::Duty& duty, fo::Assignment assignment) {
  const auto key = std::make_pair(duty.id, assignment.number);
  if (!disk_.history.emplace(key, assignment.station_id).second) {
    disk_.violation =
        absl::StrCat("number ", assignment.number, " of duty ", duty.id, " was given out twice");
  }
  duty.assignment = std::move(assignment);
}

absl::StatusOr<fo::Assignment> SimVault::Create(const fo::CreateDuty& write) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(write.epoch));
  if (disk_.duties.contains(write.duty.id)) {
    return MakeError(absl::StatusCode::kAlreadyExists, "DUTY_EXISTS", write.duty.id);
  }
  UNDERSTUDY_RETURN_IF_ERROR(CheckFree(write.duty.assignment.station_id, write.duty.id));
  fo::Duty& duty = disk_.duties[write.duty.id] = write.duty;
  fo::Assignment assignment = write.duty.assignment;
  assignment.number = 1;
  Assign(duty, assignment);
  return assignment;
}

absl::StatusOr<fo::Assignment> SimVault::Claim(const fo::ClaimDuty& write) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(write.epoch));
  fo::Duty& duty = disk_.duties.at(write.assignment.duty_id);
  if (write.assignment.number != duty.assignment.number + 1) {
    return MakeError(absl::StatusCode::kAborted, "ASSIGNMENT_MISMATCH", duty.id);
  }
  UNDERSTUDY_RETURN_IF_ERROR(CheckFree(write.assignment.station_id, duty.id));
  world_.Note(absl::StrCat("vault: ", duty.id, "#", write.assignment.number, " -> ",
                           write.assignment.station_id));
  Assign(duty, write.assignment);
  disk_.failovers[write.failover.id] = write.failover;
  return write.assignment;
}

absl::Status SimVault::Confirm(const fo::ConfirmDuty& write) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(write.epoch));
  fo::Assignment& assignment = disk_.duties.at(write.duty_id).assignment;
  if (assignment.number != write.assignment_number) {
    return MakeError(absl::StatusCode::kAborted, "ASSIGNMENT_MISMATCH", write.duty_id);
  }
  assignment.running = true;
  if (write.failover.has_value()) disk_.failovers[write.failover->id] = *write.failover;
  return absl::OkStatus();
}

absl::Status SimVault::Record(const fo::RecordFailover& write) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(write.epoch));
  disk_.failovers[write.failover.id] = write.failover;
  return absl::OkStatus();
}

fo::RegistryPort::Contents SimVault::Load() const {
  fo::RegistryPort::Contents contents;
  for (const auto& [id, duty] : disk_.duties) contents.duties.push_back(duty);
  for (const auto& [id, record] : disk_.failovers) {
    const bool finished =
        record.state == fo::FailoverState::kDone || record.state == fo::FailoverState::kCancelled;
    if (!finished) contents.unfinished.push_back(record);
  }
  return contents;
}

}  // namespace understudy::simulation
