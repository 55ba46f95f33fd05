#include "services/config_vault/registry_rules.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

absl::Status CheckEpoch(const RegistryContext& context, Epoch epoch) {
  if (epoch == context.epoch) return absl::OkStatus();
  const std::string current = absl::StrCat(context.epoch);
  if (epoch < context.epoch) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "STALE_EPOCH",
        absl::StrCat("the write carries epoch ", epoch, ", but the current one is ", current),
        {{"current_epoch", current}});
  }
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_EPOCH",
                   absl::StrCat("the write carries epoch ", epoch,
                                ", which is yet to come: the current one is ", current),
                   {{"current_epoch", current}});
}

absl::Status DutyNotFound(const std::string& id) {
  return MakeError(absl::StatusCode::kNotFound, "DUTY_NOT_FOUND",
                   absl::StrCat("there is no duty \"", id, "\""), {{"duty_id", id}});
}

absl::Status AssignmentMismatch(const std::string& duty, AssignmentNumber expected,
                                AssignmentNumber given, AssignmentNumber current) {
  return MakeError(absl::StatusCode::kAborted, "ASSIGNMENT_MISMATCH",
                   absl::StrCat("duty \"", duty, "\": expected assignment number ", expected,
                                ", found ", given, "; the current one is ", current),
                   {{"duty_id", duty}, {"current_assignment_number", absl::StrCat(current)}});
}

absl::StatusOr<Duty> GetDuty(const VaultView& view, const std::string& id) {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<Duty> duty, view.FindDuty(id));
  if (!duty.has_value()) return DutyNotFound(id);
  return *std::move(duty);
}

// The station must not be assigned another duty than `duty_id`.
absl::Status CheckStationFree(const VaultView& view, const std::string& station,
                              const std::string& duty_id) {
  if (station.empty()) return absl::OkStatus();
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<std::string> other, view.FindDutyOfStation(station));
  if (!other.has_value() || *other == duty_id) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "STATION_BUSY",
                   absl::StrCat("station \"", station, "\" cannot be given duty \"", duty_id,
                                "\": it is assigned duty \"", *other, "\""),
                   {{"station_id", station}, {"duty_id", *other}});
}

// The vault keeps so many finished failovers: the oldest makes room for a new one.
absl::Status ForgetOldest(const RegistryContext& context, uint64_t newest, CommandWrites& writes) {
  if (newest <= context.policy.kept_finished_failovers) return absl::OkStatus();
  const uint64_t oldest = newest - context.policy.kept_finished_failovers;
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<std::string> id,
                              context.view.FindFinishedFailover(oldest));
  // Absent when that failover was opened again.
  if (!id.has_value()) return absl::OkStatus();
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<StoredFailover> old, context.view.FindFailover(*id));
  if (old.has_value()) writes.Add(EraseFailover{*std::move(old)});
  return absl::OkStatus();
}

absl::Status StoreFailover(const RegistryContext& context, Failover failover,
                           CommandWrites& writes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<StoredFailover> before,
                              context.view.FindFailover(failover.id));
  StoredFailover stored{.failover = std::move(failover), .created = writes.counters.revision};
  const bool finished = stored.failover.finished();
  if (before.has_value()) {
    // A finished one that begins again is a new one in the list.
    const bool reopened = before->finished_number != 0 && !finished;
    if (reopened) {
      writes.Add(EraseFailover{*before});
    } else {
      stored.created = before->created;
      stored.finished_number = before->finished_number;
    }
  }
  if (finished && stored.finished_number == 0) {
    stored.finished_number = ++writes.counters.finished_number;
    UNDERSTUDY_RETURN_IF_ERROR(ForgetOldest(context, stored.finished_number, writes));
  }
  writes.Add(WriteFailover{std::move(stored)});
  return absl::OkStatus();
}

Outcome ToOutcome(const CommandWrites& writes) { return {.revision = writes.counters.revision}; }

bool SameClaim(const Assignment& current, const ClaimDuty& claim) {
  return current.number == claim.assignment.number && current.epoch == claim.epoch &&
         current.station_id == claim.assignment.station_id;
}

}  // namespace

absl::StatusOr<Outcome> Decide(const RegistryContext& context, PutStation put,
                               CommandWrites& writes) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(context, put.epoch));
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<StoredStation> before,
                              context.view.FindStation(put.station.id));
  if (before.has_value() && before->station == put.station) {
    return Outcome{.revision = before->revision};
  }
  const Revision revision = ++writes.counters.revision;
  writes.Add(WriteStation{{std::move(put.station), revision}});
  return ToOutcome(writes);
}

absl::StatusOr<Outcome> Decide(const RegistryContext& context, RemoveStation removal,
                               CommandWrites& writes) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(context, removal.epoch));
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<StoredStation> before,
                              context.view.FindStation(removal.station_id));
  if (!before.has_value()) {
    return MakeError(absl::StatusCode::kNotFound, "STATION_NOT_FOUND",
                     absl::StrCat("there is no station \"", removal.station_id, "\""),
                     {{"station_id", removal.station_id}});
  }
  ++writes.counters.revision;
  writes.Add(EraseStation{std::move(removal.station_id)});
  return ToOutcome(writes);
}

absl::StatusOr<Outcome> Decide(const RegistryContext& context, CreateDuty creation,
                               CommandWrites& writes) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(context, creation.epoch));
  Duty& duty = creation.duty;
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<Duty> before, context.view.FindDuty(duty.id));
  if (before.has_value()) {
    return MakeError(absl::StatusCode::kAlreadyExists, "DUTY_EXISTS",
                     absl::StrCat("duty \"", duty.id, "\" exists already"), {{"duty_id", duty.id}});
  }
  UNDERSTUDY_RETURN_IF_ERROR(CheckStationFree(context.view, duty.assignment.station_id, duty.id));
  ++writes.counters.revision;
  duty.assignment.duty_id = duty.id;
  duty.assignment.number = 1;
  duty.assignment.epoch = creation.epoch;
  duty.assignment.changed_at = creation.time;
  if (duty.assignment.state == AssignmentState::kUnspecified) {
    duty.assignment.state = AssignmentState::kClaimed;
  }
  writes.Add(WriteDuty{.duty = duty});
  Outcome outcome = ToOutcome(writes);
  outcome.result = std::move(duty);
  return outcome;
}

absl::StatusOr<Outcome> Decide(const RegistryContext& context, const RemoveDuty& removal,
                               CommandWrites& writes) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(context, removal.epoch));
  UNDERSTUDY_ASSIGN_OR_RETURN(Duty duty, GetDuty(context.view, removal.duty_id));
  const AssignmentNumber current = duty.assignment.number;
  if (removal.assignment_number != current) {
    return AssignmentMismatch(duty.id, current, removal.assignment_number, current);
  }
  ++writes.counters.revision;
  writes.Add(EraseDuty{.id = duty.id, .previous_station = duty.assignment.station_id});
  return ToOutcome(writes);
}

absl::StatusOr<Outcome> Decide(const RegistryContext& context, ClaimDuty claim,
                               CommandWrites& writes) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(context, claim.epoch));
  UNDERSTUDY_ASSIGN_OR_RETURN(Duty duty, GetDuty(context.view, claim.assignment.duty_id));
  const AssignmentNumber current = duty.assignment.number;
  Outcome outcome = ToOutcome(writes);
  if (SameClaim(duty.assignment, claim)) {
    outcome.result = std::move(duty.assignment);
    return outcome;
  }
  if (claim.assignment.number != current + 1) {
    return AssignmentMismatch(duty.id, current + 1, claim.assignment.number, current);
  }
  UNDERSTUDY_RETURN_IF_ERROR(CheckStationFree(context.view, claim.assignment.station_id, duty.id));
  outcome.revision = ++writes.counters.revision;
  WriteDuty write{.duty = duty, .previous_station = duty.assignment.station_id};
  write.duty.assignment = std::move(claim.assignment);
  write.duty.assignment.epoch = claim.epoch;
  write.duty.assignment.state = AssignmentState::kClaimed;
  write.duty.assignment.changed_at = claim.time;
  outcome.result = write.duty.assignment;
  writes.Add(std::move(write));
  if (claim.failover.has_value()) {
    UNDERSTUDY_RETURN_IF_ERROR(StoreFailover(context, *std::move(claim.failover), writes));
  }
  return outcome;
}

absl::StatusOr<Outcome> Decide(const RegistryContext& context, ConfirmDuty confirmation,
                               CommandWrites& writes) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(context, confirmation.epoch));
  UNDERSTUDY_ASSIGN_OR_RETURN(Duty duty, GetDuty(context.view, confirmation.duty_id));
  const AssignmentNumber current = duty.assignment.number;
  if (confirmation.assignment_number != current || duty.assignment.station_id.empty()) {
    return AssignmentMismatch(duty.id, current, confirmation.assignment_number, current);
  }
  Outcome outcome = ToOutcome(writes);
  const bool running = duty.assignment.state == AssignmentState::kRunning;
  if (running && !confirmation.failover.has_value()) {
    outcome.result = std::move(duty.assignment);
    return outcome;
  }
  outcome.revision = ++writes.counters.revision;
  if (!running) {
    duty.assignment.state = AssignmentState::kRunning;
    duty.assignment.changed_at = confirmation.time;
    writes.Add(WriteDuty{.duty = duty, .previous_station = duty.assignment.station_id});
  }
  if (confirmation.failover.has_value()) {
    UNDERSTUDY_RETURN_IF_ERROR(StoreFailover(context, *std::move(confirmation.failover), writes));
  }
  outcome.result = std::move(duty.assignment);
  return outcome;
}

absl::StatusOr<Outcome> Decide(const RegistryContext& context, RecordFailover record,
                               CommandWrites& writes) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(context, record.epoch));
  ++writes.counters.revision;
  UNDERSTUDY_RETURN_IF_ERROR(StoreFailover(context, std::move(record.failover), writes));
  return ToOutcome(writes);
}

}  // namespace understudy::config_vault
