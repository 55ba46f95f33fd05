#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/failover_orchestrator/testing/core_world.h"

namespace understudy::failover_orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kLook = absl::Milliseconds(10);

// Station a1 with duty gate, and spares b1 (fits best) and b2.
class RehearsalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.Start();
    world_.AddDeployment("a1", "gate", "camera.rtsp: 4");
    world_.AddSpare("b1", "camera.rtsp: 5");
    world_.AddSpare("b2", "camera.rtsp: 8");
    world_.TakeLines();
  }

  CoreWorld world_;
};

TEST_F(RehearsalTest, AsksTheVaultForTheClaimThatAVerdictWouldNeed) {
  world_.Suspect("a1", kLook);
  world_.Advance(absl::Milliseconds(6));
  EXPECT_THAT(world_.TakeLines(), ElementsAre("rehearse gate#2 -> b1"));
}

TEST_F(RehearsalTest, LeavesTheWayClearJustBeforeAVerdictIsPossible) {
  world_.Suspect("a1", kLook);
  world_.Advance(absl::Milliseconds(9));
  EXPECT_THAT(world_.TakeLines(), Not(IsEmpty()));
  world_.Advance(absl::Milliseconds(20));
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
}

TEST_F(RehearsalTest, ChangesNothingInWhatTheVerdictDoes) {
  world_.Suspect("a1", kLook);
  world_.Advance(kLook);
  world_.TakeLines();
  world_.Crash("a1");
  EXPECT_THAT(world_.TakeLines(),
              ElementsAre("claim gate#2 -> b1", "activate b1 gate#2 r7", "claimed gate-1"));
}

TEST_F(RehearsalTest, EndsWithTheVerdict) {
  world_.Suspect("a1", kLook);
  world_.Crash("a1");
  world_.TakeLines();
  world_.Advance(kLook);
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
}

TEST_F(RehearsalTest, HasNothingToDoForAStationWithoutADuty) {
  world_.Suspect("b1", kLook);
  world_.Suspect("nobody", kLook);
  world_.Advance(kLook);
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
}

TEST_F(RehearsalTest, HasNothingToDoWhenNoSpareFits) {
  world_.AddDeployment("a2", "dock", "npu.tops: 8");
  world_.TakeLines();
  world_.Suspect("a2", kLook);
  world_.Advance(kLook);
  EXPECT_THAT(world_.TakeLines(), IsEmpty());
}

TEST_F(RehearsalTest, IsForAFewStationsAtATime) {
  const size_t limit = world_.core().policy().max_rehearsals;
  for (size_t i = 0; i < limit + 3; ++i) {
    world_.AddDeployment("s" + std::to_string(i), "duty-" + std::to_string(i), "camera.rtsp: 1");
  }
  world_.TakeLines();
  for (size_t i = 0; i < limit + 3; ++i) world_.Suspect("s" + std::to_string(i), kLook);
  world_.Advance(absl::Milliseconds(6));
  EXPECT_EQ(world_.TakeLines().size(), limit);
}

}  // namespace
}  // namespace understudy::failover_orchestrator
