#include "services/config_vault/root_claim.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "services/config_vault/testing/claim_site.h"

namespace understudy::config_vault {
namespace {

using State = RootClaimCore::State;

TEST(RootClaimTest, OfThreeFreshNodesOneBecomesRootAndTheOthersFollow) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
  EXPECT_EQ(site.node("control-2").core->role().root, "control-1");
  EXPECT_EQ(site.node("control-3").core->role().root_addresses.vault, "control-1:7102");
  EXPECT_EQ(site.epochs_seen(), 1u);
}

TEST(RootClaimTest, ASiteOfOneNeedsNobody) {
  ClaimSite site(1);
  site.Run(absl::Milliseconds(300));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
}

TEST(RootClaimTest, ADeadRootIsReplacedAfterThreeMissedBeats) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.Kill("control-1");
  // The last beat was sent up to one interval before.
  site.Run(absl::Milliseconds(95));
  EXPECT_TRUE(site.Roots().empty());
  site.Run(absl::Milliseconds(60));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
  EXPECT_LE(*site.node("control-2").took, absl::Milliseconds(2));
}

TEST(RootClaimTest, TheNextInRankFollowsWhereTheFirstIsDeadToo) {
  ClaimSite site(4);
  site.Run(absl::Seconds(1));
  site.Kill("control-1");
  site.Kill("control-2");
  site.Run(absl::Milliseconds(300));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-3"});
}

TEST(RootClaimTest, TheSentinelWithAWholeHouseholdClaimsFirst) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.SetHousehold("control-2", false);
  site.Run(absl::Milliseconds(100));
  site.Kill("control-1");
  site.Run(absl::Milliseconds(250));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-3"});
}

TEST(RootClaimTest, ARootThatRestartsTakesANewEpochUnlessAnotherWasFaster) {
  ClaimSite site(1);
  site.Run(absl::Milliseconds(300));
  const Epoch before = site.key().claim().epoch;
  site.Kill("control-1");
  site.Start("control-1");
  site.Run(absl::Milliseconds(300));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
  EXPECT_GT(site.key().claim().epoch, before);
}

TEST(RootClaimTest, AFrozenRootIsDeposedAndStopsActingWhenItWakes) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.Freeze("control-1");
  site.Run(absl::Seconds(2));
  EXPECT_EQ(site.key().claim().record.node_id, "control-2");
  site.Thaw("control-1");
  site.Run(absl::Milliseconds(5));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
  EXPECT_EQ(site.node("control-1").core->role().root, "control-2");
}

TEST(RootClaimTest, AnObserverThatSleptDoesNotBlameTheRoot) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  const Epoch before = site.key().claim().epoch;
  site.Freeze("control-3");
  site.Run(absl::Seconds(3));
  site.Thaw("control-3");
  site.Run(absl::Seconds(1));
  EXPECT_EQ(site.key().claim().epoch, before);
}

TEST(RootClaimTest, ABrokenLinkBetweenRootAndOneSentinelMovesNothing) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  const Epoch before = site.key().claim().epoch;
  site.Cut("control-1", "control-3");
  site.Cut("control-3", "control-1");
  site.Run(absl::Seconds(10));
  EXPECT_EQ(site.key().claim().epoch, before);
}

TEST(RootClaimTest, ARootThatNoSentinelHearsIsDeposedOnceAndDoesNotFightBack) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  for (const std::string other : {"control-2", "control-3"}) {
    site.Cut("control-1", other);
    site.Cut(other, "control-1");
  }
  site.Run(absl::Seconds(10));
  EXPECT_EQ(site.Roots().size(), 1u);
  // It doubts itself for ten intervals more, and each false alarm after the third waits twice as
  // long.
  EXPECT_LE(site.epochs_seen(), 14u);
}

TEST(RootClaimTest, ARootThatSeesNeitherTheKeyNorAMajorityStopsActing) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.Isolate("control-1");
  site.Run(absl::Milliseconds(1300));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
  EXPECT_EQ(site.node("control-1").core->state(), State::kResigned);
  EXPECT_EQ(site.node("control-1").core->role().root, "");
  site.Heal();
  site.Run(absl::Seconds(1));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
}

TEST(RootClaimTest, WithTheKeyOutOfReachForAllTheRootGoesOn) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  for (const std::string id : {"control-1", "control-2", "control-3"}) site.LoseKey(id);
  site.Run(absl::Minutes(1));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
}

// It beats, but could take no write until its way to etcd is mended.
TEST(RootClaimTest, ARootThatAloneHasLostTheKeyIsReplaced) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.LoseKey("control-1");
  site.Run(absl::Seconds(2));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-1"}) << "it may be over soon";
  site.Run(absl::Seconds(3));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
  site.Heal();
  site.Run(absl::Seconds(10));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
}

TEST(RootClaimTest, ARootThatLosesTheKeyForAMomentStays) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.LoseKey("control-1");
  site.Run(absl::Milliseconds(1500));
  site.Heal();
  site.Run(absl::Seconds(10));
  EXPECT_EQ(site.epochs_seen(), 1u);
}

// The first that reaches etcd again is not to claim before the root has had its chance.
TEST(RootClaimTest, ARootStaysWhenTheKeyComesBackForAll) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  for (const std::string id : {"control-1", "control-2", "control-3"}) site.LoseKey(id);
  site.Run(absl::Minutes(1));
  site.Heal();
  site.Run(absl::Seconds(10));
  EXPECT_EQ(site.epochs_seen(), 1u);
}

TEST(RootClaimTest, AClaimWhoseAnswerWasLostStillMakesTheNodeRoot) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.node("control-2").key->LoseNextAnswer();
  site.Kill("control-1");
  site.Run(absl::Milliseconds(400));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
  EXPECT_EQ(site.epochs_seen(), 2u);
}

TEST(RootClaimTest, ActsOnlyWhenItsReplicaHasComeToItsOwnClaim) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.HoldReplica("control-2");
  site.Kill("control-1");
  site.Run(absl::Milliseconds(200));
  EXPECT_EQ(site.node("control-2").core->state(), State::kCatchingUp);
  EXPECT_TRUE(site.Roots().empty());
  site.ReleaseReplica("control-2");
  site.Run(absl::Milliseconds(5));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
}

TEST(RootClaimTest, AWinnerWhoseReplicaNeverComesIsReplaced) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.HoldReplica("control-2");
  site.Kill("control-1");
  site.Run(absl::Seconds(6));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-3"});
}

TEST(RootClaimTest, HandsOverWithoutASilenceToBeNoticed) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.HandOver("control-1", 7, "control-3");
  site.Run(absl::Milliseconds(2));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-3"});
  ASSERT_TRUE(site.answers().contains(7));
  EXPECT_TRUE(site.answers().at(7).ok()) << site.answers().at(7).status();
  site.Run(absl::Seconds(5));
  EXPECT_EQ(site.epochs_seen(), 2u);
  EXPECT_FALSE(site.node("control-3").took.has_value());
  EXPECT_EQ(site.false_alarms(), 0);
}

TEST(RootClaimTest, RefusesToHandOverToWhoCannotBeRoot) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.SetHousehold("control-2", false);
  site.Kill("control-3");
  site.Run(absl::Milliseconds(300));
  int request = 0;
  for (const auto& [from, to, reason] : std::vector<std::array<std::string, 3>>{
           {"control-1", "control-1", "NODE_NOT_READY"},
           {"control-1", "control-2", "NODE_NOT_READY"},
           {"control-1", "control-3", "NODE_NOT_READY"},
           {"control-1", "", "NODE_NOT_READY"},
           {"control-1", "control-9", "NODE_NOT_FOUND"},
           {"control-2", "control-1", "NOT_ROOT"}}) {
    site.HandOver(from, static_cast<uint64_t>(++request), to);
    EXPECT_EQ(ErrorReason(site.answers().at(static_cast<uint64_t>(request)).status()), reason)
        << from << " to " << to;
  }
  EXPECT_EQ(site.epochs_seen(), 1u);
}

TEST(RootClaimTest, HandsOverWhenASiblingStaysAway) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.SetHousehold("control-1", false);
  site.Run(absl::Milliseconds(450));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
  site.Run(absl::Milliseconds(100));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
  EXPECT_EQ(site.false_alarms(), 0);
}

TEST(RootClaimTest, KeepsTheRootWhereNoHouseholdIsWhole) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  for (const std::string id : {"control-1", "control-2", "control-3"}) {
    site.SetHousehold(id, false);
  }
  site.Run(absl::Seconds(10));
  EXPECT_EQ(site.epochs_seen(), 1u);
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
}

TEST(RootClaimTest, ANodeThatIsNotAdmittedClaimsNothing) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.Remove("control-2");
  site.Kill("control-1");
  site.Kill("control-3");
  site.Run(absl::Seconds(10));
  EXPECT_TRUE(site.Roots().empty());
}

// Nobody beat to it meanwhile: the root is not to blame for that.
TEST(RootClaimTest, ANodeThatIsAdmittedAgainDoesNotClaimAtOnce) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.Remove("control-3");
  site.Run(absl::Seconds(10));
  site.AdmitAgain("control-3");
  site.Run(absl::Seconds(10));
  EXPECT_EQ(site.epochs_seen(), 1u);
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
}

TEST(RootClaimTest, ARefusedWriteShowsTheRootThatItIsDeposed) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  const Epoch epoch = site.key().claim().epoch;
  site.node("control-1").core->OnDeposed(epoch, site.now());
  EXPECT_EQ(site.node("control-1").core->state(), State::kResigned);
  // It was a mistake: the place is still its own, and is taken anew or by another.
  site.Run(absl::Seconds(1));
  EXPECT_EQ(site.Roots().size(), 1u);
  EXPECT_GT(site.key().claim().epoch, epoch);
}

// The old root is heard by all, but its claim is of an etcd that is no more.
TEST(RootClaimTest, WhenTheKeyIsBuiltAnewTheRootGivesUpAndTheSiteGetsANewOne) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.key().BuildAnew(1'000'000);
  site.Run(absl::Milliseconds(1));
  EXPECT_TRUE(site.Roots().empty());
  EXPECT_EQ(site.node("control-2").core->role().root, "");
  site.Run(absl::Milliseconds(200));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
  EXPECT_EQ(site.key().claim().epoch, 1'000'001u);
  EXPECT_EQ(site.false_alarms(), 0);
}

TEST(RootClaimTest, ARootWhoseReplicaDoesNotFollowLearnsByReadingThatTheKeyWasBuiltAnew) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.HoldReplica("control-1");
  site.node("control-1").core->OnProgress({.following = false});
  site.key().BuildAnew(1'000'000);
  site.Run(absl::Milliseconds(600));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
  EXPECT_EQ(site.node("control-1").core->role().root, "control-2");
}

TEST(RootClaimTest, SlowsDownWhenLivingRootsAreDeposedAgainAndAgain) {
  ClaimSite site(2);
  site.Run(absl::Seconds(1));
  site.Cut("control-1", "control-2");
  site.Cut("control-2", "control-1");
  site.Run(absl::Seconds(30));
  const size_t early = site.epochs_seen();
  EXPECT_LE(early, 20u);
  site.Run(absl::Seconds(10));
  EXPECT_LE(site.epochs_seen() - early, 3u);
}

}  // namespace
}  // namespace understudy::config_vault
