// What the core makes of health bits and reports.

#include <gtest/gtest.h>

#include "common/status/status.h"
#include "services/membership/testing/core_fixture.h"

namespace understudy::membership {
namespace {

constexpr int kMemory = 2;
constexpr int kNativeProcessDead = 4;

using Reasons = std::vector<ChangeReason>;

class StationReportTest : public CoreFixture {
 protected:
  StationReportTest() : session_(Join(Deployment("gate-1"))), spare_(Join(Backup("spare-1"))) {
    core_.TakeOutput();
  }

  const Joined session_;
  const Joined spare_;
};

TEST_F(StationReportTest, AHealthBitFailsAStationWithADutyAtOnce) {
  Beat(session_, FaultBit(kNativeProcessDead));
  EXPECT_EQ(Find("gate-1").state, MemberState::kFailed);
  EXPECT_EQ(Find("gate-1").verdict, Verdict::kSelfReported);
  EXPECT_EQ(Find("gate-1").evidence.faults, FaultBit(kNativeProcessDead));
  EXPECT_EQ(Find("gate-1").evidence.missed_beats, 0u);
  EXPECT_NE(Find("gate-1").evidence.summary.find("native process dead"), std::string::npos);
  EXPECT_EQ(TakeReasons(), Reasons{ChangeReason::kFailed});
}

TEST_F(StationReportTest, ASelfReportedFailureKeepsItsSession) {
  Beat(session_, FaultBit(kMemory));
  EXPECT_EQ(Beat(session_, FaultBit(kMemory)), BeatResult::kOk);
  EXPECT_EQ(Find("gate-1").session_id, session_.session_id);
}

TEST_F(StationReportTest, TheReportsFiguresAreTheEvidence) {
  Report(session_, {.duty_id = "gate",
                    .faults = {{.fault = kMemory, .summary = "memory 97 % over 95 % for 10 s"}}});
  EXPECT_EQ(Find("gate-1").verdict, Verdict::kSelfReported);
  EXPECT_EQ(Find("gate-1").evidence.summary, "the station reports: memory 97 % over 95 % for 10 s");
}

TEST_F(StationReportTest, AFaultyBackupStaysAliveAndShowsItsFaults) {
  Beat(spare_, FaultBit(kMemory));
  EXPECT_EQ(Find("spare-1").state, MemberState::kAlive);
  EXPECT_EQ(Find("spare-1").faults(), FaultBit(kMemory));
  EXPECT_EQ(TakeReasons(), Reasons{ChangeReason::kReported});
  Beat(spare_, 0);
  EXPECT_EQ(Find("spare-1").faults(), 0);
  EXPECT_EQ(TakeReasons(), Reasons{ChangeReason::kReported});
}

TEST_F(StationReportTest, AFaultyBackupThatRunsADutyFails) {
  Beat(spare_, FaultBit(kMemory));
  Report(spare_, {.duty_id = "gate"});
  EXPECT_EQ(Find("spare-1").state, MemberState::kFailed);
}

TEST_F(StationReportTest, RecoversOnlyWhenBeatsAndReportAgree) {
  Beat(session_, FaultBit(kMemory));
  Report(session_, {.duty_id = "gate", .faults = {{.fault = kMemory}}});
  core_.TakeOutput();
  Beat(session_, 0);
  EXPECT_EQ(Find("gate-1").state, MemberState::kFailed);
  Report(session_, {.duty_id = "gate"});
  EXPECT_EQ(Find("gate-1").state, MemberState::kAlive);
  EXPECT_EQ(Find("gate-1").verdict, Verdict::kUnspecified);
  EXPECT_EQ(TakeReasons(), Reasons{ChangeReason::kRecovered});
}

TEST_F(StationReportTest, ASelfReportedFailureThatFallsSilentHasCrashed) {
  Beat(session_, FaultBit(kMemory));
  core_.TakeOutput();
  Run(absl::Milliseconds(320));
  EXPECT_EQ(Find("gate-1").verdict, Verdict::kCrashed);
  EXPECT_EQ(Find("gate-1").evidence.faults, FaultBit(kMemory));
  EXPECT_EQ(TakeReasons(), Reasons{ChangeReason::kFailed});
}

TEST_F(StationReportTest, IgnoresHealthBitsThatItDoesNotKnow) {
  Beat(session_, 0x8000);
  EXPECT_EQ(Find("gate-1").state, MemberState::kAlive);
  EXPECT_TRUE(TakeReasons().empty());
}

TEST_F(StationReportTest, TellsWatchersOfADutyAndOfChildrenButNotOfIndicators) {
  Report(session_, {.duty_id = "gate"});
  EXPECT_EQ(TakeReasons(), Reasons{ChangeReason::kReported});
  Report(session_, {.duty_id = "gate", .indicators = {.cpu_used = 0.5}});
  EXPECT_TRUE(TakeReasons().empty());
  EXPECT_EQ(Find("gate-1").indicators.cpu_used, 0.5);
  Report(session_, {.duty_id = "gate", .children = {{.id = "cam-1", .alive = true}}});
  EXPECT_EQ(TakeReasons(), Reasons{ChangeReason::kReported});
  Report(session_, {.duty_id = "gate", .children = {{.id = "cam-1", .alive = false}}});
  EXPECT_EQ(TakeReasons(), Reasons{ChangeReason::kReported});
  ASSERT_EQ(Find("gate-1").children->size(), 1u);
}

TEST_F(StationReportTest, AChangedKindGoesToTheVault) {
  Report(session_, {.kind = StationKind::kBackup});
  const auto output = core_.TakeOutput();
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_EQ(output.records[0].kind, StationKind::kBackup);
  ASSERT_EQ(output.events.size(), 1u);
  EXPECT_EQ(output.events[0].reason, ChangeReason::kReported);
  Report(session_, {.kind = StationKind::kBackup});
  EXPECT_TRUE(core_.TakeOutput().records.empty());
}

TEST_F(StationReportTest, AReportWithoutAKindKeepsIt) {
  Report(session_, {.duty_id = "gate"});
  EXPECT_EQ(Find("gate-1").record.kind, StationKind::kDeployment);
}

TEST_F(StationReportTest, RefusesAReportOfAnEndedSession) {
  ASSERT_TRUE(core_.Leave("gate-1", session_.session_id, Now()).ok());
  EXPECT_EQ(ErrorReason(core_.Report(session_.session_id, {}, Now())), "SESSION_ENDED");
}

TEST_F(StationReportTest, AReportCountsAsABeat) {
  for (int i = 0; i < 20; ++i) {
    Report(session_, {.duty_id = "gate"});
    Run(absl::Milliseconds(200));
  }
  EXPECT_EQ(Find("gate-1").state, MemberState::kAlive);
}

}  // namespace
}  // namespace understudy::membership
