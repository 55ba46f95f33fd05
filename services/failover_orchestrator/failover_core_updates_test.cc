#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/failover_orchestrator/failover_core.h"
#include "services/failover_orchestrator/status_report.h"
#include "services/failover_orchestrator/testing/core_world.h"

namespace understudy::failover_orchestrator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Station a1 runs duty gate at revision 7; b1 is a spare.
class DocumentUpdateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.Start();
    world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
    world_.Run("a1", "gate");
    world_.AddSpare("b1", "camera.rtsp: 5");
    world_.TakeLines();
  }

  void OperatorPuts(uint64_t revision, const std::string& sha256) {
    world_.PutDocument("gate", {revision, sha256, "operator/anna"});
  }
  void StationPuts(uint64_t revision, const std::string& sha256) {
    world_.PutDocument("gate", {revision, sha256, "station/a1"});
  }
  std::vector<std::string> Warnings() { return ReportWarnings(world_.core()); }

  CoreWorld world_;
};

TEST_F(DocumentUpdateTest, BringsAChangedDocumentToTheStationThatRunsTheDuty) {
  OperatorPuts(9, "changed");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate a1 gate#1 r9"));
  world_.TakeOver("a1", "gate");
  world_.Advance(absl::Minutes(10));
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  EXPECT_THAT(Warnings(), IsEmpty());
}

TEST_F(DocumentUpdateTest, DoesNotSendBackWhatTheStationUploaded) {
  StationPuts(9, "its own");
  world_.Advance(absl::Minutes(10));
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
}

TEST_F(DocumentUpdateTest, DoesNotSendWhatTheStationRunsAlready) {
  OperatorPuts(9, "sha-of-gate");
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
}

TEST_F(DocumentUpdateTest, BringsBackWhatTheStationRanBeforeItsOwnChange) {
  StationPuts(9, "its own");
  OperatorPuts(10, "sha-of-gate");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate a1 gate#1 r10"));
}

TEST_F(DocumentUpdateTest, WaitsUntilTheStationHasSaidWhatItRuns) {
  world_.Detach("a1");
  world_.Attach("a1", "gate");
  world_.TakeLines();
  OperatorPuts(9, "changed");
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  world_.core().OnRunning("a1", "gate", 1, 7, "sha-of-gate", world_.now());
  world_.Settle();
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate a1 gate#1 r9"));
}

TEST_F(DocumentUpdateTest, TellsAStationThatWasAwayWhileTheDocumentChanged) {
  world_.Detach("a1");
  OperatorPuts(9, "changed");
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  world_.Attach("a1", "gate", "sha-of-gate");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("hold a1 gate#1 r9", "activate a1 gate#1 r9"));
}

// Found by simulation: the vault had the change before the station's own disk, which lost it.
TEST_F(DocumentUpdateTest, TellsAStationThatComesBackWithoutItsOwnChange) {
  StationPuts(9, "its own");
  world_.Detach("a1");
  world_.Attach("a1", "gate", "sha-of-gate");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("hold a1 gate#1 r9", "activate a1 gate#1 r9"));
}

TEST_F(DocumentUpdateTest, LeavesAStationAloneThatComesBackWithTheLatest) {
  world_.Detach("a1");
  OperatorPuts(9, "changed");
  world_.Attach("a1", "gate", "changed");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("hold a1 gate#1 r9"));
}

TEST_F(DocumentUpdateTest, GoesOnAfterTheOrchestratorsRestart) {
  OperatorPuts(9, "changed");
  world_.RestartCore();
  world_.TakeLines();
  world_.Attach("a1", "gate", "sha-of-gate");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("hold a1 gate#1 r9", "activate a1 gate#1 r9"));
}

TEST_F(DocumentUpdateTest, DoesNotMoveADutyWhoseStationRefusesADocument) {
  OperatorPuts(9, "changed");
  world_.TakeLines();
  world_.Refuse("a1", "gate", "NATIVE_PROCESS_REFUSED");
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  EXPECT_THAT(Warnings(), Contains(HasSubstr("a1 does not run revision 9")));
  EXPECT_EQ(world_.AssignmentOf("gate").station_id, "a1");
}

TEST_F(DocumentUpdateTest, TriesARefusedDocumentAgainMoreAndMoreSeldom) {
  OperatorPuts(9, "changed");
  world_.TakeLines();
  int orders = 0;
  for (int minute = 0; minute < 60; ++minute) {
    world_.Refuse("a1", "gate", "CHANGED_HERE");
    world_.Advance(absl::Minutes(1));
    orders += static_cast<int>(world_.TakeLines().size());
  }
  EXPECT_GE(orders, 12);
  EXPECT_LE(orders, 30);
}

TEST_F(DocumentUpdateTest, TriesALaterRevisionAtOnce) {
  OperatorPuts(9, "changed");
  world_.Refuse("a1", "gate", "NATIVE_PROCESS_REFUSED");
  world_.TakeLines();
  OperatorPuts(10, "better");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate a1 gate#1 r10"));
  EXPECT_THAT(Warnings(), Not(Contains(HasSubstr("does not run"))));
}

TEST_F(DocumentUpdateTest, DoesNotMoveADutyWhoseStationDoesNotAnswer) {
  OperatorPuts(9, "changed");
  world_.Advance(absl::Seconds(12));
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate a1 gate#1 r9"));
  EXPECT_THAT(Warnings(), Contains(HasSubstr("it did not answer")));
  world_.Advance(absl::Seconds(5));
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate a1 gate#1 r9"));
}

TEST_F(DocumentUpdateTest, LeavesTheDocumentOfADutyThatMovesToTheFailover) {
  OperatorPuts(9, "changed");
  world_.Crash("a1");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate a1 gate#1 r9", "claim gate#2 -> b1",
                                              "activate b1 gate#2 r9", "claimed gate-1"));
}

TEST_F(DocumentUpdateTest, ChangesTheDocumentAgainWhenItChangedDuringAFailover) {
  world_.Crash("a1");
  world_.Accept("b1", "gate");
  OperatorPuts(9, "changed");
  world_.TakeLines();
  world_.Run("b1", "gate");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("done gate-1", "activate b1 gate#2 r9"));
}

}  // namespace
}  // namespace understudy::failover_orchestrator
