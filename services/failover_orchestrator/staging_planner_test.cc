#include "services/failover_orchestrator/staging_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace understudy::failover_orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StagingPlannerTest : public ::testing::Test {
 protected:
  static StagingPolicy Policy() {
    StagingPolicy policy;
    policy.spares_per_duty = 2;
    policy.max_unanswered = 2;
    policy.max_per_station = 3;
    return policy;
  }

  void AddSpare(const std::string& id, const char* capabilities) {
    Member member;
    member.station_id = id;
    member.kind = StationKind::kBackup;
    member.state = MemberState::kAlive;
    member.capabilities = *ParseCapabilitySet(capabilities);
    stations_.TakeMember(member, {now_, absl::UnixEpoch()});
    stations_.Attach(id, {});
    Refresh(id);
  }
  void Refresh(const std::string& id) {
    if (stations_.RefreshSpare(id)) planner_.OnSpareChanged(id, stations_.spares().contains(id));
  }
  void SetDuty(const std::string& id, uint64_t revision, const char* needs = "camera.rtsp: 1") {
    planner_.SetDuty(id, {"duties/" + id,
                          *ParseCapabilitySet(needs),
                          {revision, revision == 0 ? "" : absl::StrCat("sha", revision)}});
  }
  // What the planner wants, as "stage b1 gate r1".
  std::vector<std::string> Plan() {
    std::vector<std::string> lines;
    do {
      for (const Action& action : planner_.Plan(stations_, 1, now_)) {
        if (const auto* stage = std::get_if<SendStage>(&action)) {
          lines.push_back(absl::StrCat("stage ", stage->station_id, " ", stage->duty_id, " r",
                                       stage->document_revision));
        } else if (const auto* unstage = std::get_if<SendUnstage>(&action)) {
          lines.push_back(absl::StrCat("unstage ", unstage->station_id, " ", unstage->duty_id));
        }
      }
    } while (planner_.HasWork());
    return lines;
  }
  bool Answer(const std::string& station, const std::string& duty, uint64_t revision) {
    return planner_.OnStaged(stations_, station, duty, {revision, absl::StrCat("sha", revision)},
                             now_);
  }

  StationTable stations_;
  StagingPlanner planner_{Policy()};
  SteadyTime now_ = SteadyTime::FromNanoseconds(1'000'000'000);
};

TEST_F(StagingPlannerTest, StagesAtTheBestFittingSparesOnly) {
  AddSpare("b1", "camera.rtsp: 9");
  AddSpare("b2", "camera.rtsp: 2");
  AddSpare("b3", "camera.rtsp: 3");
  AddSpare("b4", "npu.tops: 1");
  SetDuty("gate", 1);
  EXPECT_THAT(Plan(), ElementsAre("stage b2 gate r1", "stage b3 gate r1"));
}

TEST_F(StagingPlannerTest, StagesNothingThatIsThereAlready) {
  AddSpare("b1", "camera.rtsp: 1");
  SetDuty("gate", 1);
  Plan();
  EXPECT_TRUE(Answer("b1", "gate", 1));
  EXPECT_THAT(Plan(), IsEmpty());
  EXPECT_TRUE(planner_.IsStaged(*stations_.Find("b1"), "gate"));
  EXPECT_EQ(planner_.StagedCopies(stations_), 1u);
}

TEST_F(StagingPlannerTest, StagesANewRevisionAgain) {
  AddSpare("b1", "camera.rtsp: 1");
  SetDuty("gate", 1);
  Plan();
  Answer("b1", "gate", 1);
  SetDuty("gate", 2);
  EXPECT_THAT(Plan(), ElementsAre("stage b1 gate r2"));
  EXPECT_EQ(planner_.MissingCopies(stations_, "gate"), 1u);
}

TEST_F(StagingPlannerTest, AsksForTheNewRevisionWhenTheOldOneArrives) {
  AddSpare("b1", "camera.rtsp: 1");
  SetDuty("gate", 1);
  Plan();
  SetDuty("gate", 2);
  EXPECT_THAT(Plan(), IsEmpty());
  EXPECT_TRUE(Answer("b1", "gate", 1));
  EXPECT_THAT(Plan(), ElementsAre("stage b1 gate r2"));
}

TEST_F(StagingPlannerTest, DoesNotBelieveACopyWithAnotherHash) {
  AddSpare("b1", "camera.rtsp: 1");
  SetDuty("gate", 1);
  Plan();
  EXPECT_FALSE(planner_.OnStaged(stations_, "b1", "gate", {1, "another"}, now_));
  EXPECT_FALSE(planner_.IsStaged(*stations_.Find("b1"), "gate"));
}

TEST_F(StagingPlannerTest, TriesAgainLaterWhatCouldNotBeStaged) {
  AddSpare("b1", "camera.rtsp: 1");
  SetDuty("gate", 1);
  Plan();
  EXPECT_FALSE(planner_.OnStaged(stations_, "b1", "gate", {1, ""}, now_));
  EXPECT_THAT(Plan(), IsEmpty());
  now_ = planner_.NextDeadline();
  planner_.OnTick(now_);
  EXPECT_THAT(Plan(), ElementsAre("stage b1 gate r1"));
}

TEST_F(StagingPlannerTest, TriesAgainWhenNoAnswerComes) {
  AddSpare("b1", "camera.rtsp: 1");
  SetDuty("gate", 1);
  Plan();
  now_ = planner_.NextDeadline();
  planner_.OnTick(now_);
  EXPECT_THAT(Plan(), ElementsAre("stage b1 gate r1"));
}

TEST_F(StagingPlannerTest, BoundsTheOrdersThatAStationHasNotAnswered) {
  AddSpare("b1", "camera.rtsp: 1");
  SetDuty("x", 1);
  SetDuty("y", 1);
  SetDuty("z", 1);
  EXPECT_THAT(Plan(), ElementsAre("stage b1 x r1", "stage b1 y r1"));
  Answer("b1", "x", 1);
  EXPECT_THAT(Plan(), ElementsAre("stage b1 z r1"));
}

TEST_F(StagingPlannerTest, BoundsTheDocumentsOfOneStation) {
  AddSpare("b1", "camera.rtsp: 1");
  for (const char* duty : {"u", "v", "w", "x"}) SetDuty(duty, 1);
  Plan();
  EXPECT_EQ(planner_.RankingOf("w").size(), 1u);
  EXPECT_THAT(planner_.RankingOf("x"), IsEmpty());
}

TEST_F(StagingPlannerTest, UnstagesWhatABetterSpareTakesOver) {
  AddSpare("b1", "camera.rtsp: 8");
  AddSpare("b2", "camera.rtsp: 9");
  SetDuty("gate", 1);
  Plan();
  Answer("b1", "gate", 1);
  Answer("b2", "gate", 1);
  AddSpare("b3", "camera.rtsp: 1");
  EXPECT_THAT(Plan(), ElementsAre("unstage b2 gate", "stage b3 gate r1"));
}

TEST_F(StagingPlannerTest, LeavesAStationAloneThatIsTakingADuty) {
  AddSpare("b1", "camera.rtsp: 1");
  SetDuty("gate", 1);
  SetDuty("hall", 1);
  Plan();
  Answer("b1", "gate", 1);
  Answer("b1", "hall", 1);
  stations_.At("b1").claimed_duty = "gate";
  Refresh("b1");
  EXPECT_THAT(Plan(), IsEmpty());
  stations_.At("b1").claimed_duty.clear();
  stations_.At("b1").assigned_duty = "gate";
  planner_.OnSpareChanged("b1", false);
  EXPECT_THAT(Plan(), ElementsAre("unstage b1 hall"));
}

TEST_F(StagingPlannerTest, StagesNoDutyWithoutADocument) {
  AddSpare("b1", "camera.rtsp: 1");
  SetDuty("gate", 0);
  EXPECT_THAT(Plan(), IsEmpty());
}

TEST_F(StagingPlannerTest, UnstagesADutyThatIsNoMore) {
  AddSpare("b1", "camera.rtsp: 1");
  SetDuty("gate", 1);
  Plan();
  Answer("b1", "gate", 1);
  planner_.RemoveDuty("gate");
  EXPECT_THAT(Plan(), ElementsAre("unstage b1 gate"));
}

}  // namespace
}  // namespace understudy::failover_orchestrator
