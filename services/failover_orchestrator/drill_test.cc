// Drills, at the core.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "services/failover_orchestrator/testing/core_world.h"

namespace understudy::failover_orchestrator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DrillTest : public ::testing::Test {
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

TEST_F(DrillTest, DrillsByMovingTheDutyAndStandingTheOldStationDownLast) {
  AddUsualSite();
  world_.core().OnDrill(1, "a1", false, world_.now());
  world_.Settle();
  EXPECT_THAT(world_.TakeLines(),
              ElementsAre("claim gate#2 -> b1", "activate b1 gate#2 r7", "claimed gate-1"));
  EXPECT_TRUE(world_.drill_answers.empty());
  world_.TakeOver("b1", "gate");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("stand_down a1 gate#2", "done gate-1"));
  ASSERT_TRUE(world_.drill_answers.at(1).ok());
  EXPECT_TRUE(world_.drill_answers.at(1)->drill);
  EXPECT_EQ(world_.drill_answers.at(1)->to_station, "b1");
}

TEST_F(DrillTest, DrillsUnderStrictFencingByStandingTheOldStationDownFirst) {
  AddUsualSite(Fencing::kStrict);
  world_.core().OnDrill(1, "a1", false, world_.now());
  world_.Settle();
  EXPECT_THAT(world_.TakeLines(),
              ElementsAre("claim gate#2 -> b1", "claimed gate-1", "stand_down a1 gate#2"));
  world_.StandDown("a1", "gate");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("activate b1 gate#2 r7"));
}

// Found by simulation: the spare that was told, and fell silent, was not waited for.
TEST_F(DrillTest, GivesAStrictDutyBackOnlyWhenTheLostSpareHasStoppedIt) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4", Fencing::kStrict);
  world_.AddSpare("b1", "camera.rtsp: 4");
  world_.core().OnDrill(1, "a1", false, world_.now());
  world_.Settle();
  world_.StandDown("a1", "gate");
  world_.Accept("b1", "gate");
  world_.TakeLines();
  world_.Crash("b1", absl::Milliseconds(300));
  world_.Advance(absl::Milliseconds(799));
  EXPECT_THAT(world_.TakeLines(), Not(Contains(HasSubstr("-> a1"))));
  world_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(world_.TakeLines(), Contains(HasSubstr("-> a1")));
}

// Found by simulation: the drill was forgotten, for the duty was where it had begun.
TEST_F(DrillTest, TakesTheDutyBackFromTheDrilledStationThatRefusesItAsTheSpareOfItsSpare) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4", Fencing::kStrict);
  world_.AddSpare("b1", "camera.rtsp: 4");
  world_.core().OnDrill(1, "a1", false, world_.now());
  world_.Settle();
  world_.StandDown("a1", "gate");
  world_.BecomeBackup("a1");
  world_.Crash("b1");
  world_.Advance(absl::Seconds(1));
  EXPECT_THAT(world_.TakeLines(), Contains("activate a1 gate#3 r7"));
  world_.Refuse("a1", "gate", "DOCUMENT_UNAVAILABLE");
  EXPECT_THAT(world_.TakeLines(), Contains("claim gate#4 -> nobody"));
}

TEST_F(DrillTest, OnlySaysWhatADryRunWouldDo) {
  AddUsualSite();
  world_.core().OnDrill(1, "a1", true, world_.now());
  world_.Settle();
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
  ASSERT_TRUE(world_.drill_answers.at(1).ok());
  EXPECT_EQ(world_.drill_answers.at(1)->to_station, "b1");
  EXPECT_EQ(world_.drill_answers.at(1)->document_revision, 7u);
}

TEST_F(DrillTest, RefusesDrillsThatCannotBe) {
  AddUsualSite();
  world_.AddDeployment("a2", "yard", "camera.rtsp: 99");
  world_.core().OnDrill(1, "nobody", false, world_.now());
  world_.core().OnDrill(2, "b1", false, world_.now());
  world_.core().OnDrill(3, "a2", false, world_.now());
  world_.core().OnDrill(4, "a1", false, world_.now());
  world_.Settle();
  world_.core().OnDrill(5, "a1", false, world_.now());
  world_.Settle();
  EXPECT_EQ(ErrorReason(world_.drill_answers.at(1).status()), "STATION_NOT_FOUND");
  EXPECT_EQ(ErrorReason(world_.drill_answers.at(2).status()), "NO_DUTY");
  EXPECT_EQ(ErrorReason(world_.drill_answers.at(3).status()), "NO_FITTING_BACKUP");
  EXPECT_THAT(ErrorMetadata(world_.drill_answers.at(3).status())["missing"],
              HasSubstr("camera.rtsp: 91"));
  EXPECT_FALSE(world_.drill_answers.contains(4));
  EXPECT_EQ(ErrorReason(world_.drill_answers.at(5).status()), "FAILOVER_UNDER_WAY");
}

TEST_F(DrillTest, GivesTheDutyBackWhenNoSpareOfADrillAnswers) {
  world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
  world_.AddSpare("b1", "camera.rtsp: 4");
  world_.core().OnDrill(1, "a1", false, world_.now());
  world_.Settle();
  world_.TakeLines();
  world_.Refuse("b1", "gate", "BUSY");
  EXPECT_THAT(world_.TakeLines(), ElementsAre("claim gate#3 -> a1", "cancelled gate-1",
                                              "hold a1 gate#3 r7", "stand_down b1 gate#3"));
  EXPECT_EQ(ErrorReason(world_.drill_answers.at(1).status()), "NO_FITTING_BACKUP");
}

}  // namespace
}  // namespace understudy::failover_orchestrator
