#include "services/config_vault/registry_rules.h"

#include <gtest/gtest.h>

#include <memory>

#include "common/status/status.h"
#include "services/config_vault/testing/memory_vault_store.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault {
namespace {

constexpr Epoch kEpoch = 5;

class RegistryRulesTest : public ::testing::Test {
 protected:
  Duty FindDuty(const std::string& id) { return vault_.Read()->FindDuty(id)->value(); }
  std::optional<std::string> DutyOf(const std::string& station) {
    return *vault_.Read()->FindDutyOfStation(station);
  }
  std::string Reason(Command command) {
    return ErrorReason(vault_.Apply(std::move(command)).status());
  }
  void Accept(Command command) {
    const absl::Status status = vault_.Apply(std::move(command)).status();
    ASSERT_TRUE(status.ok()) << status;
  }
  ConfirmDuty Confirm(std::string duty, AssignmentNumber number) {
    ConfirmDuty confirmation;
    confirmation.duty_id = std::move(duty);
    confirmation.assignment_number = number;
    confirmation.epoch = kEpoch;
    return confirmation;
  }
  RecordFailover Record(std::string id, FailoverState state) {
    return {MakeFailover(std::move(id), "d1", state), kEpoch};
  }

  VaultHarness vault_{std::make_unique<MemoryVaultStore>(),
                      VaultPolicy{.kept_finished_failovers = 3}, kEpoch};
};

TEST_F(RegistryRulesTest, AnOlderEpochIsRefusedForEveryWrite) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  const std::vector<Command> stale = {
      PutStation{MakeStation("gate-1"), 4},
      RemoveStation{"gate-1", 4},
      MakeDuty("d2", "", 4),
      RemoveDuty{"d1", 1, 4},
      MakeClaim("d1", 2, "spare-1", 4),
      ConfirmDuty{.duty_id = "d1", .assignment_number = 1, .epoch = 4},
      RecordFailover{MakeFailover("d1-1", "d1", FailoverState::kDone), 4}};
  for (const Command& command : stale) {
    const absl::Status status = vault_.Apply(command).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ErrorReason(status), "STALE_EPOCH");
    EXPECT_EQ(ErrorMetadata(status).at("current_epoch"), "5");
  }
  EXPECT_EQ(vault_.Read()->ReadCounters()->revision, 1u);
}

TEST_F(RegistryRulesTest, AnEpochThatIsYetToComeIsInvalid) {
  EXPECT_EQ(Reason(PutStation{MakeStation("gate-1"), 6}), "INVALID_EPOCH");
}

TEST_F(RegistryRulesTest, StoresAStationAndKeepsItsRevisionWhenNothingChanged) {
  EXPECT_EQ(vault_.Apply(PutStation{MakeStation("gate-1"), kEpoch})->revision, 1u);
  EXPECT_EQ(vault_.Apply(PutStation{MakeStation("gate-2"), kEpoch})->revision, 2u);
  EXPECT_EQ(vault_.Apply(PutStation{MakeStation("gate-1"), kEpoch})->revision, 1u);
  Station left = MakeStation("gate-1");
  left.has_left = true;
  EXPECT_EQ(vault_.Apply(PutStation{left, kEpoch})->revision, 3u);
  EXPECT_EQ(vault_.Read()->ListStations()->size(), 2u);
}

TEST_F(RegistryRulesTest, RemovesAStationOnce) {
  Accept(PutStation{MakeStation("gate-1"), kEpoch});
  Accept(RemoveStation{"gate-1", kEpoch});
  EXPECT_EQ(Reason(RemoveStation{"gate-1", kEpoch}), "STATION_NOT_FOUND");
}

TEST_F(RegistryRulesTest, ADutyBeginsWithAssignmentOne) {
  const auto outcome = vault_.Apply(MakeDuty("d1", "gate-1", kEpoch));
  const Duty duty = std::get<Duty>(outcome->result);
  EXPECT_EQ(duty.assignment.duty_id, "d1");
  EXPECT_EQ(duty.assignment.number, 1u);
  EXPECT_EQ(duty.assignment.epoch, kEpoch);
  EXPECT_EQ(duty.assignment.state, AssignmentState::kClaimed);
  EXPECT_EQ(duty.assignment.changed_at, absl::FromUnixSeconds(1'700'000'000));
  EXPECT_EQ(FindDuty("d1"), duty);
  EXPECT_EQ(DutyOf("gate-1"), "d1");
}

TEST_F(RegistryRulesTest, ADutyIsCreatedOnce) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  EXPECT_EQ(Reason(MakeDuty("d1", "gate-2", kEpoch)), "DUTY_EXISTS");
}

TEST_F(RegistryRulesTest, AStationIsNotGivenASecondDuty) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  Accept(MakeDuty("d2", "gate-2", kEpoch));
  EXPECT_EQ(Reason(MakeDuty("d3", "gate-1", kEpoch)), "STATION_BUSY");
  const absl::Status status = vault_.Apply(MakeClaim("d1", 2, "gate-2", kEpoch)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(status), "STATION_BUSY");
  EXPECT_EQ(ErrorMetadata(status).at("duty_id"), "d2");
}

TEST_F(RegistryRulesTest, TwoClaimsOfOneBatchCannotGiveAStationTwoDuties) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  Accept(MakeDuty("d2", "gate-2", kEpoch));
  const auto outcomes = vault_.ApplyTogether(
      {MakeClaim("d1", 2, "spare-1", kEpoch), MakeClaim("d2", 2, "spare-1", kEpoch)});
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_EQ(ErrorReason(outcomes[1].status()), "STATION_BUSY");
}

TEST_F(RegistryRulesTest, AClaimMovesTheDutyAndRecordsItsFailover) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  ClaimDuty claim = MakeClaim("d1", 2, "spare-1", kEpoch);
  claim.failover = MakeFailover("d1-1", "d1", FailoverState::kClaimed);
  const auto outcome = vault_.Apply(claim);
  const Assignment assignment = std::get<Assignment>(outcome->result);
  EXPECT_EQ(assignment.station_id, "spare-1");
  EXPECT_EQ(assignment.number, 2u);
  EXPECT_EQ(assignment.state, AssignmentState::kClaimed);
  EXPECT_EQ(FindDuty("d1").assignment, assignment);
  EXPECT_EQ(DutyOf("gate-1"), std::nullopt);
  EXPECT_EQ(DutyOf("spare-1"), "d1");
  EXPECT_EQ(vault_.Read()->FindFailover("d1-1")->value().failover, *claim.failover);
}

TEST_F(RegistryRulesTest, AClaimThatIsOnlyValidatedChangesNothing) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  const Counters before = *vault_.Read()->ReadCounters();
  ClaimDuty claim = MakeClaim("d1", 2, "spare-1", kEpoch);
  claim.failover = MakeFailover("d1-1", "d1", FailoverState::kClaimed);
  claim.validate_only = true;
  const auto outcome = vault_.Apply(claim);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(std::get<Assignment>(outcome->result).station_id, "spare-1");
  EXPECT_EQ(FindDuty("d1").assignment.station_id, "gate-1");
  EXPECT_FALSE(vault_.Read()->FindFailover("d1-1")->has_value());
  EXPECT_EQ(vault_.Read()->ReadCounters()->revision, before.revision);
  claim.assignment.number = 7;
  EXPECT_EQ(Reason(claim), "ASSIGNMENT_MISMATCH");
}

TEST_F(RegistryRulesTest, ARefusedClaimRecordsNoFailover) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  ClaimDuty claim = MakeClaim("d1", 3, "spare-1", kEpoch);
  claim.failover = MakeFailover("d1-1", "d1", FailoverState::kClaimed);
  const absl::Status status = vault_.Apply(claim).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(status), "ASSIGNMENT_MISMATCH");
  EXPECT_EQ(ErrorMetadata(status).at("current_assignment_number"), "1");
  EXPECT_FALSE(vault_.Read()->FindFailover("d1-1")->has_value());
}

TEST_F(RegistryRulesTest, OfTwoClaimsForTheSameNumberOneWins) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  Accept(MakeClaim("d1", 2, "spare-1", kEpoch));
  EXPECT_EQ(Reason(MakeClaim("d1", 2, "spare-2", kEpoch)), "ASSIGNMENT_MISMATCH");
}

TEST_F(RegistryRulesTest, ARepeatedClaimSucceedsAndChangesNothing) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  Accept(MakeClaim("d1", 2, "spare-1", kEpoch));
  Accept(Confirm("d1", 2));
  const auto again = vault_.Apply(MakeClaim("d1", 2, "spare-1", kEpoch));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(std::get<Assignment>(again->result).state, AssignmentState::kRunning);
  EXPECT_EQ(vault_.Read()->ReadCounters()->revision, 3u);
}

TEST_F(RegistryRulesTest, AClaimForNobodyFreesTheStation) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  Accept(MakeClaim("d1", 2, "", kEpoch));
  EXPECT_EQ(DutyOf("gate-1"), std::nullopt);
  EXPECT_EQ(Reason(Confirm("d1", 2)), "ASSIGNMENT_MISMATCH");
  Accept(MakeDuty("d2", "gate-1", kEpoch));
}

TEST_F(RegistryRulesTest, ConfirmingMakesADutyRunning) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  ConfirmDuty confirmation = Confirm("d1", 1);
  confirmation.failover = MakeFailover("d1-0", "d1", FailoverState::kDone);
  Accept(confirmation);
  EXPECT_EQ(FindDuty("d1").assignment.state, AssignmentState::kRunning);
  EXPECT_EQ(DutyOf("gate-1"), "d1");
  EXPECT_EQ(vault_.Read()->FindFailover("d1-0")->value().failover.state, FailoverState::kDone);
}

TEST_F(RegistryRulesTest, ConfirmingARunningDutyAgainWritesNothing) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  Accept(Confirm("d1", 1));
  Accept(Confirm("d1", 1));
  EXPECT_EQ(vault_.Read()->ReadCounters()->revision, 2u);
}

TEST_F(RegistryRulesTest, ConfirmingAnOlderAssignmentIsRefused) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  Accept(MakeClaim("d1", 2, "spare-1", kEpoch));
  EXPECT_EQ(Reason(Confirm("d1", 1)), "ASSIGNMENT_MISMATCH");
  EXPECT_EQ(Reason(Confirm("d9", 1)), "DUTY_NOT_FOUND");
}

TEST_F(RegistryRulesTest, ForgetsADutyUnderItsCurrentAssignmentOnly) {
  Accept(MakeDuty("d1", "gate-1", kEpoch));
  EXPECT_EQ(Reason(RemoveDuty{"d1", 2, kEpoch}), "ASSIGNMENT_MISMATCH");
  Accept(RemoveDuty{"d1", 1, kEpoch});
  EXPECT_EQ(DutyOf("gate-1"), std::nullopt);
  EXPECT_EQ(Reason(RemoveDuty{"d1", 1, kEpoch}), "DUTY_NOT_FOUND");
}

TEST_F(RegistryRulesTest, AFailoverKeepsItsPlaceWhileItGoesOn) {
  Accept(Record("d1-1", FailoverState::kWaiting));
  Accept(Record("d2-1", FailoverState::kWaiting));
  Accept(Record("d1-1", FailoverState::kDone));
  const auto failovers = vault_.Read()->ListFailovers(UINT64_MAX, 10, false);
  ASSERT_EQ(failovers->size(), 2u);
  EXPECT_EQ(failovers->at(0).failover.id, "d2-1");
  EXPECT_EQ(failovers->at(1).failover.state, FailoverState::kDone);
}

TEST_F(RegistryRulesTest, KeepsTheLatestFinishedFailoversAndAllOthers) {
  Accept(Record("open-1", FailoverState::kWaiting));
  for (const char* id : {"f-1", "f-2", "f-3", "f-4", "f-5"}) {
    Accept(Record(id, FailoverState::kDone));
  }
  const auto failovers = vault_.Read()->ListFailovers(UINT64_MAX, 10, false);
  ASSERT_EQ(failovers->size(), 4u);
  EXPECT_EQ(failovers->at(0).failover.id, "f-5");
  EXPECT_EQ(failovers->at(2).failover.id, "f-3");
  EXPECT_EQ(failovers->at(3).failover.id, "open-1");
}

TEST_F(RegistryRulesTest, KeepsTheLatestFinishedFailoversWithinOneBatch) {
  vault_.ApplyTogether({Record("f-1", FailoverState::kDone), Record("f-2", FailoverState::kDone),
                        Record("f-3", FailoverState::kDone), Record("f-4", FailoverState::kDone)});
  EXPECT_EQ(vault_.Read()->ListFailovers(UINT64_MAX, 10, false)->size(), 3u);
  EXPECT_FALSE(vault_.Read()->FindFailover("f-1")->has_value());
}

TEST_F(RegistryRulesTest, RecordingAFinishedFailoverAgainDoesNotCountTwice) {
  for (int i = 0; i < 5; ++i) Accept(Record("f-1", FailoverState::kDone));
  EXPECT_EQ(vault_.Read()->ReadCounters()->finished_number, 1u);
}

TEST_F(RegistryRulesTest, ACancelledFailoverThatBeginsAgainIsTheNewest) {
  Accept(Record("f-1", FailoverState::kCancelled));
  Accept(Record("f-2", FailoverState::kDone));
  Accept(Record("f-1", FailoverState::kWaiting));
  const auto failovers = vault_.Read()->ListFailovers(UINT64_MAX, 10, false);
  ASSERT_EQ(failovers->size(), 2u);
  EXPECT_EQ(failovers->at(0).failover.id, "f-1");
  EXPECT_EQ(failovers->at(0).finished_number, 0u);
  // The place it left does not make another one go early.
  for (const char* id : {"f-3", "f-4"}) Accept(Record(id, FailoverState::kDone));
  EXPECT_EQ(vault_.Read()->ListFailovers(UINT64_MAX, 10, false)->size(), 4u);
}

TEST_F(RegistryRulesTest, TheSameCommandsGiveTheSameStateOnAnotherReplica) {
  const std::vector<Command> commands = {
      MakeDuty("d1", "gate-1", kEpoch), MakeClaim("d1", 2, "spare-1", kEpoch),
      Record("d1-1", FailoverState::kDone), MakePut("duties/d1", "{}")};
  VaultHarness other(std::make_unique<MemoryVaultStore>(), {}, kEpoch);
  for (const Command& command : commands) Accept(command);
  other.ApplyTogether(commands);
  EXPECT_EQ(*other.Read()->ListDuties(), *vault_.Read()->ListDuties());
  EXPECT_EQ(*other.Read()->ListFailovers(UINT64_MAX, 10, false),
            *vault_.Read()->ListFailovers(UINT64_MAX, 10, false));
  EXPECT_EQ(*other.Read()->ReadCounters(), *vault_.Read()->ReadCounters());
}

}  // namespace
}  // namespace understudy::config_vault
