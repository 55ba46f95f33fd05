#include "services/config_vault/testing/vault_harness.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "services/config_vault/vault_state_machine.h"

namespace understudy::config_vault {
namespace {

void Expect(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "the harness expected success: %s\n", status.ToString().c_str());
  std::abort();
}

}  // namespace

PutDocument MakePut(std::string name, std::string_view content) {
  PutDocument put;
  put.write.name = std::move(name);
  put.write.author = "operator/test";
  put.write.time = absl::FromUnixSeconds(1'700'000'000);
  put.packed = std::string(content);
  put.sha256 = Sha256Of(content);
  put.size = content.size();
  put.content_type = "application/json";
  return put;
}

RollbackDocument MakeRollback(std::string name, Revision revision) {
  RollbackDocument rollback;
  rollback.write.name = std::move(name);
  rollback.revision = revision;
  return rollback;
}

DeleteDocument MakeDelete(std::string name) {
  DeleteDocument deletion;
  deletion.write.name = std::move(name);
  return deletion;
}

Station MakeStation(std::string id) {
  Station station;
  station.id = std::move(id);
  station.kind = 1;
  station.capabilities = {{"camera.rtsp", 16}, {"npu.tops", 8}};
  station.agent_version = "1.2.3";
  station.addresses = {"10.0.0.1:7105"};
  station.declared_duty =
      DutyDeclaration{.id = "d1", .needs = {{"camera.rtsp", 4}}, .fencing = Fencing::kStrict};
  station.joined_at = absl::FromUnixMillis(1'700'000'000'123);
  return station;
}

CreateDuty MakeDuty(std::string id, std::string station, Epoch epoch) {
  CreateDuty creation;
  creation.duty.id = id;
  creation.duty.needs = {{"camera.rtsp", 4}};
  creation.duty.fencing = Fencing::kOverlap;
  creation.duty.document = "duties/" + id;
  creation.duty.assignment.station_id = std::move(station);
  creation.epoch = epoch;
  creation.time = absl::FromUnixSeconds(1'700'000'000);
  return creation;
}

ClaimDuty MakeClaim(std::string duty, AssignmentNumber number, std::string station, Epoch epoch) {
  ClaimDuty claim;
  claim.assignment.duty_id = std::move(duty);
  claim.assignment.number = number;
  claim.assignment.station_id = std::move(station);
  claim.epoch = epoch;
  claim.time = absl::FromUnixSeconds(1'700'000'100);
  return claim;
}

Failover MakeFailover(std::string id, std::string duty, FailoverState state) {
  Failover failover;
  failover.id = std::move(id);
  failover.duty_id = std::move(duty);
  failover.from_station = "gate-1";
  failover.to_station = "spare-1";
  failover.verdict = 1;
  failover.evidence = Evidence{.missed_beats = 3,
                               .silent_for = absl::Milliseconds(310),
                               .stream_open = true,
                               .faults = {2, 5},
                               .summary = "silent for 310 ms"};
  failover.state = state;
  failover.assignment_number = 2;
  failover.document_revision = 7;
  failover.document_sha256 = std::string(32, 'x');
  failover.stages = StageTimes{.detect = absl::Milliseconds(300),
                               .decide = absl::Microseconds(40),
                               .fence = std::nullopt,
                               .claim = absl::Microseconds(500),
                               .activate = std::nullopt,
                               .running = std::nullopt,
                               .recovery = std::nullopt};
  failover.abandoned_stations = {"spare-0"};
  failover.verdict_at = absl::FromUnixMillis(1'700'000'000'500);
  failover.note = "retried";
  return failover;
}

VaultHarness::VaultHarness(std::unique_ptr<VaultStore> store, VaultPolicy policy, Epoch epoch)
    : store_(std::move(store)), policy_(policy), epoch_(epoch) {}

absl::StatusOr<Outcome> VaultHarness::Apply(Command command) {
  std::vector<Command> commands;
  commands.push_back(std::move(command));
  return std::move(ApplyTogether(std::move(commands)).front());
}

std::vector<absl::StatusOr<Outcome>> VaultHarness::ApplyTogether(std::vector<Command> commands) {
  const std::unique_ptr<VaultReader> view = store_->Snapshot();
  VaultStateMachine machine(policy_, epoch_, *view);
  std::vector<absl::StatusOr<Outcome>> outcomes;
  for (Command& command : commands) outcomes.push_back(machine.Apply(std::move(command)));
  if (!machine.batch().mutations.empty()) Expect(store_->Commit(machine.batch()));
  return outcomes;
}

DocumentOutcome VaultHarness::Document(Command command) {
  absl::StatusOr<Outcome> outcome = Apply(std::move(command));
  Expect(outcome.status());
  return std::get<DocumentOutcome>(outcome->result);
}

}  // namespace understudy::config_vault
