#include "services/failover_orchestrator/failover_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

#include "services/failover_orchestrator/testing/core_world.h"

namespace understudy::failover_orchestrator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class FailoverCoreTest : public ::testing::Test {
 protected:
  void SetUp() override { world_.Start(); }

  // Station a1 with duty gate, and spares b1 (fits best), b2 and b3.
  void AddUsualSite(Fencing fencing = Fencing::kOverlap) {
    world_.AddDeployment("a1", "gate", "camera.rtsp: 4", fencing);
    world_.AddSpare("b1", "camera.rtsp: 5");
    world_.AddSpare("b2", "camera.rtsp: 8");
    world_.AddSpare("b3", "npu.tops: 8");
    world_.TakeLines();
  }

  CoreWorld world_;
};

TEST_F(FailoverCoreTest, RecordsTheDutyThatAStationBringsAlongAndTellsItToHoldIt) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("create gate at a1", "hold a1 gate#1 r7"));
}

TEST_F(FailoverCoreTest, MovesTheDutyOfACrashedStationToTheBestFittingSpare) {
  AddUsualSite();
  world_.Crash("a1");
  EXPECT_THAT(world_.TakeLines(),
              ElementsAre("claim gate#2 -> b1", "activate b1 gate#2 r7", "claimed gate-1"));
  world_.TakeOver("b1", "gate");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("done gate-1"));
  const FailoverRecord record = world_.FailoverOf("gate-1");
  EXPECT_EQ(record.state, FailoverState::kDone);
  EXPECT_EQ(record.from_station, "a1");
  EXPECT_EQ(record.to_station, "b1");
  EXPECT_EQ(record.running_sha256, "sha-of-gate");
  EXPECT_EQ(record.stages.detect, absl::Milliseconds(300));
  EXPECT_TRUE(world_.AssignmentOf("gate").running);
}

TEST_F(FailoverCoreTest, MeasuresEachStage) {
  AddUsualSite();
  world_.vault_answers = false;
  world_.Crash("a1");
  world_.Advance(absl::Milliseconds(2));
  world_.vault_answers = true;
  world_.Settle();
  world_.Advance(absl::Milliseconds(3));
  world_.Accept("b1", "gate");
  world_.Advance(absl::Milliseconds(4));
  world_.Run("b1", "gate");
  const StageTimes stages = world_.FailoverOf("gate-1").stages;
  EXPECT_EQ(stages.decide, absl::ZeroDuration());
  EXPECT_EQ(stages.claim, absl::Milliseconds(2));
  EXPECT_EQ(stages.activate, absl::Milliseconds(3));
  EXPECT_EQ(stages.running, absl::Milliseconds(4));
  EXPECT_EQ(stages.recovery, absl::Milliseconds(9));
  EXPECT_FALSE(stages.fence.has_value());
}

TEST_F(FailoverCoreTest, GivesNoOrderBeforeTheClaimIsAcknowledged) {
  AddUsualSite();
  world_.vault_answers = false;
  world_.Crash("a1");
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  world_.vault_answers = true;
  world_.Settle();
  EXPECT_THAT(world_.TakeLines(), Contains("activate b1 gate#2 r7"));
}

TEST_F(FailoverCoreTest, TriesTheNextSpareWhenTheFirstDoesNotAccept) {
  AddUsualSite();
  world_.Crash("a1");
  world_.TakeLines();
  world_.Advance(absl::Seconds(1));
  EXPECT_THAT(world_.TakeLines(), ElementsAre("claim gate#3 -> b2", "activate b2 gate#3 r7",
                                              "claimed gate-1", "stand_down b1 gate#3"));
  world_.TakeOver("b2", "gate");
  EXPECT_THAT(world_.FailoverOf("gate-1").abandoned_stations, ElementsAre("b1"));
  EXPECT_EQ(world_.FailoverOf("gate-1").to_station, "b2");
}

TEST_F(FailoverCoreTest, TriesTheNextSpareWhenTheFirstAcceptsButDoesNotRun) {
  AddUsualSite();
  world_.Crash("a1");
  world_.Accept("b1", "gate");
  world_.TakeLines();
  world_.Advance(absl::Seconds(9));
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  world_.Advance(absl::Seconds(1));
  EXPECT_THAT(world_.TakeLines(), Contains("activate b2 gate#3 r7"));
}

TEST_F(FailoverCoreTest, TriesTheNextSpareWhenTheFirstRefuses) {
  AddUsualSite();
  world_.Crash("a1");
  world_.Refuse("b1", "gate", "NATIVE_PROCESS_DEAD");
  EXPECT_THAT(world_.TakeLines(), Contains("activate b2 gate#3 r7"));
}

TEST_F(FailoverCoreTest, TriesTheNextSpareWhenTheFirstFailsItself) {
  AddUsualSite();
  world_.Crash("a1");
  world_.Crash("b1");
  EXPECT_THAT(world_.TakeLines(), Contains("activate b2 gate#3 r7"));
}

TEST_F(FailoverCoreTest, TriesTheNextSpareWhenTheFirstRunsAnotherContent) {
  AddUsualSite();
  world_.Crash("a1");
  world_.core().OnRunning("b1", "gate", 2, 7, "another", world_.now());
  world_.Settle();
  EXPECT_THAT(world_.TakeLines(), Contains("activate b2 gate#3 r7"));
}

TEST_F(FailoverCoreTest, TakesTheDutyBackFromASpareThatDidNotAnswerWhenThereIsNoOther) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.AddSpare("b1", "camera.rtsp: 4");
  world_.Crash("a1");
  world_.TakeLines();
  world_.Advance(absl::Seconds(1));
  EXPECT_THAT(world_.TakeLines(),
              ElementsAre("claim gate#3 -> nobody", "waiting gate-1", "stand_down b1 gate#3"));
  EXPECT_EQ(world_.FailoverOf("gate-1").state, FailoverState::kWaiting);
}

TEST_F(FailoverCoreTest, TriesAnAbandonedSpareAgainLater) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.AddSpare("b1", "camera.rtsp: 4");
  world_.Crash("a1");
  world_.Refuse("b1", "gate", "NATIVE_PROCESS_TIMEOUT");
  world_.StandDown("b1", "gate");
  world_.TakeLines();
  world_.Advance(absl::Seconds(29));
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  world_.Advance(absl::Seconds(1));
  EXPECT_THAT(world_.TakeLines(), Contains("activate b1 gate#4 r7"));
}

TEST_F(FailoverCoreTest, RecordsThatADutyWaitsAndGivesItToASpareThatAppears) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.AddSpare("b1", "camera.rtsp: 2");
  world_.TakeLines();
  world_.Crash("a1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("waiting gate-1"));
  EXPECT_THAT(world_.FailoverOf("gate-1").note, HasSubstr("b1, lacks camera.rtsp: 2"));
  EXPECT_EQ(world_.core().waiting_count(), 1u);
  world_.AddSpare("b2", "camera.rtsp: 4");
  EXPECT_THAT(world_.TakeLines(), Contains("activate b2 gate#2 r7"));
}

TEST_F(FailoverCoreTest, NeverGivesADutyToABusyStation) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.AddDeployment("a2", "yard", "camera.rtsp: 9");
  world_.AddSpare("b1", "camera.rtsp: 9");
  world_.Crash("a1");
  world_.TakeOver("b1", "gate");
  world_.TakeLines();
  world_.Crash("a2");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("waiting yard-1"));
}

TEST_F(FailoverCoreTest, DoesNotChooseABackupThatIsPastALimit) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.AddSpare("b1", "camera.rtsp: 4");
  world_.member("b1").has_faults = true;
  world_.Change(ChangeReason::kReported, world_.member("b1"));
  world_.TakeLines();
  world_.Crash("a1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("waiting gate-1"));
}

TEST_F(FailoverCoreTest, MatchesDutiesThatFailTogetherTogether) {
  world_.AddDeployment("a1", "cameras", "camera.rtsp: 1");
  world_.AddDeployment("a2", "thinking", "camera.rtsp: 1, npu.tops: 8");
  world_.AddSpare("many", "camera.rtsp: 16");
  world_.AddSpare("versatile", "camera.rtsp: 4, npu.tops: 8");
  world_.TakeLines();
  for (const char* station : {"a1", "a2"}) {
    Member& member = world_.member(station);
    member.state = MemberState::kFailed;
    member.verdict = Verdict::kCrashed;
    world_.core().OnMemberChanged(ChangeReason::kFailed, member, world_.now());
  }
  world_.Settle();
  const auto lines = world_.TakeLines();
  EXPECT_THAT(lines, Contains("activate many cameras#2 r7"));
  EXPECT_THAT(lines, Contains("activate versatile thinking#2 r7"));
}

TEST_F(FailoverCoreTest, MakesWayForADutyThatFailsWhileTheClaimIsOnItsWay) {
  world_.AddDeployment("a1", "cameras", "camera.rtsp: 1");
  world_.AddDeployment("a2", "thinking", "camera.rtsp: 1, npu.tops: 8");
  world_.AddSpare("many", "camera.rtsp: 16");
  world_.AddSpare("versatile", "camera.rtsp: 4, npu.tops: 8");
  world_.TakeLines();
  world_.vault_answers = false;
  world_.Crash("a1");
  world_.Crash("a2");
  world_.vault_answers = true;
  world_.Settle();
  world_.TakeOver("many", "cameras");
  world_.TakeOver("versatile", "thinking");
  const auto lines = world_.TakeLines();
  EXPECT_THAT(lines, Contains("claim cameras#2 -> versatile"));
  EXPECT_THAT(lines, Contains("activate many cameras#3 r7"));
  EXPECT_THAT(lines, Contains("activate versatile thinking#2 r7"));
  EXPECT_THAT(lines, Not(Contains("activate versatile cameras#2 r7")));
  EXPECT_EQ(world_.FailoverOf("cameras-1").state, FailoverState::kDone);
  EXPECT_EQ(world_.FailoverOf("thinking-1").state, FailoverState::kDone);
}

TEST_F(FailoverCoreTest, StandsDownAStationThatComesBackAndMakesItASpare) {
  AddUsualSite();
  world_.Crash("a1");
  world_.TakeOver("b1", "gate");
  world_.TakeLines();
  world_.Return("a1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("stand_down a1 gate#2"));
  EXPECT_FALSE(world_.core().stations().spares().contains("a1"));
  world_.StandDown("a1", "gate");
  EXPECT_FALSE(world_.core().stations().spares().contains("a1"));
  world_.BecomeBackup("a1");
  EXPECT_TRUE(world_.core().stations().spares().contains("a1"));
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
}

TEST_F(FailoverCoreTest, AsksAgainAStationThatStillSaysItHoldsAMovedDuty) {
  AddUsualSite();
  world_.Crash("a1");
  world_.TakeOver("b1", "gate");
  world_.Return("a1");
  world_.StandDown("a1", "gate");
  world_.TakeLines();
  world_.Detach("a1");
  world_.Attach("a1", "gate");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("stand_down a1 gate#2"));
}

TEST_F(FailoverCoreTest, LetsAStationThatIsBackHoldADutyThatWaits) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.TakeLines();
  world_.Crash("a1");
  world_.Return("a1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("waiting gate-1", "claim gate#2 -> a1",
                                              "cancelled gate-1", "hold a1 gate#2 r7"));
  EXPECT_EQ(world_.FailoverOf("gate-1").state, FailoverState::kCancelled);
}

// Found by simulation: the duty waited for ever at a station that had stood it down.
TEST_F(FailoverCoreTest, GivesAWaitingDutyToItsOldStationThatWasLostAsItsSpare) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.AddSpare("b1", "camera.rtsp: 4");
  world_.Crash("a1");
  world_.Return("a1");
  world_.StandDown("a1", "gate");
  world_.BecomeBackup("a1");
  world_.TakeLines();
  world_.Crash("b1");
  EXPECT_THAT(world_.TakeLines(), Contains("activate a1 gate#3 r7"));
  world_.Crash("a1");
  world_.RestartCore();
  world_.Return("a1");
  world_.StandDown("a1", "gate");
  world_.Advance(absl::Seconds(5));
  EXPECT_THAT(world_.TakeLines(), Contains("activate a1 gate#5 r7"));
}

TEST_F(FailoverCoreTest, DoesNotStandDownAStationThatIsToHoldItsDutyAgain) {
  // A spare was tried in vain, so that the old station owes us a stand-down.
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.AddSpare("b1", "camera.rtsp: 4");
  world_.Crash("a1");
  world_.Refuse("b1", "gate", "NATIVE_PROCESS_DEAD");
  world_.StandDown("b1", "gate");
  world_.TakeLines();
  world_.Return("a1");
  EXPECT_THAT(world_.TakeLines(),
              ElementsAre("claim gate#4 -> a1", "cancelled gate-1", "hold a1 gate#4 r7"));
}

TEST_F(FailoverCoreTest, MovesTheDutyOfAStationThatWillNotTakeItBack) {
  AddUsualSite();
  world_.Detach("a1");
  world_.Attach("a1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate a1 gate#1 r7"));
  world_.Refuse("a1", "gate", "NATIVE_PROCESS_REFUSED");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("claim gate#2 -> b1", "activate b1 gate#2 r7",
                                              "claimed gate-1", "stand_down a1 gate#2"));
}

TEST_F(FailoverCoreTest, ActivatesTheSpareOfASelfReportedFailureBeforeItStandsTheOldOneDown) {
  AddUsualSite();
  world_.SelfReport("a1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("claim gate#2 -> b1", "activate b1 gate#2 r7",
                                              "claimed gate-1", "stand_down a1 gate#2"));
}

TEST_F(FailoverCoreTest, StandsDownAStationThatLeavesOnlyWhenTheSpareRuns) {
  AddUsualSite();
  world_.Leave("a1");
  EXPECT_THAT(world_.TakeLines(),
              ElementsAre("claim gate#2 -> b1", "activate b1 gate#2 r7", "claimed gate-1"));
  world_.TakeOver("b1", "gate");
  EXPECT_THAT(world_.TakeLines(), Contains("stand_down a1 gate#2"));
  EXPECT_TRUE(world_.FailoverOf("gate-1").leave);
}

TEST_F(FailoverCoreTest, WaitsUnderStrictFencingUntilTheLeaseOfASilentStationHasRunOut) {
  AddUsualSite(Fencing::kStrict);
  world_.Crash("a1", absl::Milliseconds(300));
  EXPECT_THAT(world_.TakeLines(), ElementsAre("claim gate#2 -> b1", "claimed gate-1"));
  // Lease 1 s and margin 100 ms, of which 300 ms are over.
  world_.Advance(absl::Milliseconds(799));
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  world_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate b1 gate#2 r7"));
  world_.TakeOver("b1", "gate");
  EXPECT_EQ(world_.FailoverOf("gate-1").stages.fence, absl::Milliseconds(800));
}

// Found by simulation: the membership beside a former root had renewed the lease until it resigned.
TEST_F(FailoverCoreTest, WaitsUnderStrictFencingForWhatAFormerRootMayHaveHeard) {
  AddUsualSite(Fencing::kStrict);
  world_.LoseRole();
  world_.BecomeRootAgain();
  world_.Crash("a1", absl::Milliseconds(300));
  // The former root's grace, lease and margin, from the begin of the reign.
  world_.Advance(absl::Milliseconds(2099));
  EXPECT_THAT(world_.TakeLines(), Not(Contains(HasSubstr("activate"))));
  world_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(world_.TakeLines(), Contains("activate b1 gate#2 r7"));
}

TEST_F(FailoverCoreTest, WaitsUnderStrictFencingForAStationThatIsStillHeard) {
  AddUsualSite(Fencing::kStrict);
  world_.SelfReport("a1");
  EXPECT_THAT(world_.TakeLines(),
              ElementsAre("claim gate#2 -> b1", "claimed gate-1", "stand_down a1 gate#2"));
  world_.Advance(absl::Minutes(1));
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  world_.StandDown("a1", "gate");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate b1 gate#2 r7"));
}

TEST_F(FailoverCoreTest, ResendsAnOrderThatMayHaveBeenLostWithTheStream) {
  AddUsualSite();
  world_.Crash("a1");
  world_.TakeLines();
  world_.Detach("b1");
  world_.Attach("b1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate b1 gate#2 r7"));
}

TEST_F(FailoverCoreTest, LooksAtTheVaultAgainWhenAClaimConflicts) {
  AddUsualSite();
  world_.next_results.push_back({WriteCode::kConflict, "mismatch", {}});
  world_.Crash("a1");
  EXPECT_THAT(world_.TakeLines(), Contains("activate b1 gate#2 r7"));
}

TEST_F(FailoverCoreTest, GoesOnWithAClaimWhoseAnswerWasLost) {
  AddUsualSite();
  world_.lose_answers = 1;
  world_.Crash("a1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("claim gate#2 -> b1"));
  world_.Advance(absl::Milliseconds(100));
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate b1 gate#2 r7"));
}

TEST_F(FailoverCoreTest, RetriesAConfirmationUntilTheVaultTakesIt) {
  AddUsualSite();
  world_.Crash("a1");
  for (int i = 0; i < 3; ++i) {
    world_.next_results.push_back({WriteCode::kUnavailable, "away", {}});
  }
  world_.TakeOver("b1", "gate");
  EXPECT_EQ(world_.FailoverOf("gate-1").state, FailoverState::kClaimed);
  world_.Advance(absl::Seconds(5));
  EXPECT_EQ(world_.FailoverOf("gate-1").state, FailoverState::kDone);
}

TEST_F(FailoverCoreTest, DoesNothingWhileItIsNotRoot) {
  AddUsualSite();
  world_.core().OnRole(std::nullopt, world_.now());
  world_.Crash("a1");
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  world_.core().OnRole(2, world_.now());
  world_.Settle();
  EXPECT_THAT(world_.TakeLines(), Contains("activate b1 gate#2 r7"));
}

TEST_F(FailoverCoreTest, DecidesNothingOnTheMembersOfAnEarlierReign) {
  AddUsualSite();
  world_.core().OnRole(std::nullopt, world_.now());
  world_.core().OnMembershipLost(world_.now());
  world_.core().OnRole(5, world_.now());
  world_.Settle();
  EXPECT_FALSE(world_.core().Ready());
  world_.core().OnMembershipSnapshot({}, world_.now());
  EXPECT_TRUE(world_.core().Ready());
}

TEST(FailoverCoreReignTest, ReadsTheRegistryAgainWhenAnotherRootMayHaveWrittenMeanwhile) {
  Random random(1);
  FailoverCore core(FailoverPolicy(), random);
  const Instant now{SteadyTime::FromNanoseconds(1), absl::UnixEpoch()};
  const auto asks = [&] {
    const std::vector<Action> actions = core.Flush(now);
    return std::any_of(actions.begin(), actions.end(), [](const Action& action) {
      return std::holds_alternative<LoadRegistry>(action);
    });
  };
  core.OnDocumentsSynced(now);
  core.OnMembershipSnapshot({}, now);
  core.OnRole(1, now);
  EXPECT_TRUE(asks());
  core.OnRole(std::nullopt, now);
  core.OnRole(3, now);
  core.OnRegistryLoaded({}, {}, now);
  EXPECT_FALSE(core.Ready());
  EXPECT_TRUE(asks());
  core.OnRegistryLoaded({}, {}, now);
  EXPECT_TRUE(core.Ready());
}

TEST_F(FailoverCoreTest, FinishesAClaimedFailoverAfterItsOwnRestart) {
  AddUsualSite();
  world_.Crash("a1");
  world_.RestartCore();
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  world_.Advance(absl::Seconds(1));
  world_.Attach("b1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate b1 gate#2 r7"));
  world_.TakeOver("b1", "gate");
  EXPECT_EQ(world_.FailoverOf("gate-1").state, FailoverState::kDone);
  EXPECT_EQ(world_.FailoverOf("gate-1").stages.recovery, absl::Seconds(1));
}

TEST_F(FailoverCoreTest, AbandonsASpareThatDoesNotAttachAfterTheRestart) {
  AddUsualSite();
  world_.Crash("a1");
  world_.RestartCore();
  world_.Attach("b2");
  world_.Attach("b3");
  world_.TakeLines();
  world_.Advance(absl::Seconds(4));
  EXPECT_THAT(world_.TakeLines(), Contains("activate b2 gate#3 r7"));
}

TEST_F(FailoverCoreTest, FindsAStationThatFailedWhileItWasDown) {
  AddUsualSite();
  Member& member = world_.member("a1");
  member.state = MemberState::kFailed;
  member.verdict = Verdict::kCrashed;
  member.verdict_at = world_.now().wall;
  world_.RestartCore();
  world_.Attach("b2");
  // b1 fits better and is believed alive: it has a moment to attach.
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  world_.Attach("b1");
  world_.Attach("b3");
  EXPECT_THAT(world_.TakeLines(), Contains("activate b1 gate#2 r7"));
}

TEST_F(FailoverCoreTest, DoesNotWaitForeverForSparesToAttachAfterTheRestart) {
  AddUsualSite();
  Member& member = world_.member("a1");
  member.state = MemberState::kFailed;
  member.verdict = Verdict::kCrashed;
  world_.RestartCore();
  world_.Attach("b2");
  world_.Advance(absl::Seconds(3));
  EXPECT_THAT(world_.TakeLines(), Contains("activate b2 gate#2 r7"));
}

TEST_F(FailoverCoreTest, GoesOnWaitingAfterItsOwnRestart) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.Crash("a1");
  world_.RestartCore();
  EXPECT_EQ(world_.core().waiting_count(), 1u);
  world_.AddSpare("b1", "camera.rtsp: 4");
  EXPECT_THAT(world_.TakeLines(), Contains("activate b1 gate#2 r7"));
}

TEST_F(FailoverCoreTest, StandsDownAStationThatReturnsAfterTheRestart) {
  AddUsualSite();
  world_.Crash("a1");
  world_.TakeOver("b1", "gate");
  world_.RestartCore();
  world_.TakeLines();
  world_.Return("a1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("stand_down a1 gate#2"));
}

TEST_F(FailoverCoreTest, StagesTheDocumentAtTheSparesThatFit) {
  AddUsualSite();
  EXPECT_THAT(world_.staged_lines(), ElementsAre("stage b1 gate r7", "stage b2 gate r7"));
  world_.core().OnDocument("gate", {9, "newer"}, world_.now());
  world_.Settle();
  EXPECT_THAT(world_.staged_lines(), Contains("stage b1 gate r9"));
  EXPECT_THAT(world_.staged_lines(), Contains("stage b2 gate r9"));
}

TEST_F(FailoverCoreTest, LetsADutyWithoutADocumentWaitForOne) {
  AddUsualSite();
  world_.core().OnDocument("gate", {}, world_.now());
  world_.TakeLines();
  world_.Crash("a1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("waiting gate-1"));
  world_.core().OnDocument("gate", {8, "found"}, world_.now());
  world_.Settle();
  EXPECT_THAT(world_.TakeLines(), Contains("activate b1 gate#2 r8"));
}

// Found by the simulation of a whole site: the failover waited for ever, since the assignment was
// the one that this root had known when it was root before.
TEST_F(FailoverCoreTest, ARootThatIsRootAgainEndsTheFailoverThatAnotherOneLeftWaiting) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.LoseRole();
  FailoverRecord record;
  record.id = "gate-1";
  record.duty_id = "gate";
  record.from_station = "a1";
  record.state = FailoverState::kWaiting;
  record.assignment_number = 1;
  world_.OthersRecord(record);
  world_.BecomeRootAgain();
  EXPECT_EQ(world_.FailoverOf("gate-1").state, FailoverState::kCancelled);
  EXPECT_EQ(world_.AssignmentOf("gate").station_id, "a1");
}

// The same the other way round: nobody is ordered to take over what another root has ended.
TEST_F(FailoverCoreTest, ARootThatIsRootAgainForgetsTheFailoverThatAnotherOneEnded) {
  AddUsualSite();
  world_.Crash("a1");
  FailoverRecord record = world_.FailoverOf("gate-1");
  ASSERT_EQ(record.state, FailoverState::kClaimed);
  world_.LoseRole();
  record.state = FailoverState::kDone;
  world_.OthersRecord(record);
  world_.BecomeRootAgain();
  EXPECT_TRUE(world_.core().UnfinishedFailovers().empty());
}

}  // namespace
}  // namespace understudy::failover_orchestrator
