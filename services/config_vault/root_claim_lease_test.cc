// Who may read at the root without asking etcd, and that nobody does once another may have written.
#include <gtest/gtest.h>

#include <string>

#include "services/config_vault/root_claim.h"
#include "services/config_vault/testing/claim_site.h"

namespace understudy::config_vault {
namespace {

// How many milliseconds, of those that it ran, somebody had a lease although another has the key.
int RunAndCountStale(ClaimSite& site, absl::Duration duration) {
  int stale = 0;
  for (absl::Duration run; run < duration; run += absl::Milliseconds(1)) {
    site.Run(absl::Milliseconds(1));
    const RootClaim claim = site.key().claim();
    for (const char* id : {"control-1", "control-2", "control-3"}) {
      const bool is_over = !claim.record.node_id.empty() && site.HasLease(id) &&
                           site.node(id).lease->epoch != claim.epoch;
      stale += is_over ? 1 : 0;
    }
  }
  return stale;
}

TEST(RootClaimLeaseTest, TheRootHasALeaseWhileAllOthersHoldStill) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  EXPECT_TRUE(site.HasLease("control-1"));
  EXPECT_FALSE(site.HasLease("control-2"));
  EXPECT_FALSE(site.HasLease("control-3"));
}

TEST(RootClaimLeaseTest, ASiteOfOneNeedsNoPromises) {
  ClaimSite site(1);
  site.Run(absl::Seconds(1));
  EXPECT_TRUE(site.HasLease("control-1"));
}

TEST(RootClaimLeaseTest, ThereIsNoneWhileOneOfTheOthersIsDown) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.Kill("control-3");
  site.Run(absl::Milliseconds(200));
  EXPECT_FALSE(site.HasLease("control-1"));
  site.Start("control-3");
  site.Run(absl::Milliseconds(300));
  EXPECT_TRUE(site.HasLease("control-1"));
}

TEST(RootClaimLeaseTest, ItIsOverBeforeAnotherClaimsWhoDoesNotHearTheRoot) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.Cut("control-1", "control-2");
  site.Cut("control-1", "control-3");
  EXPECT_EQ(RunAndCountStale(site, absl::Seconds(2)), 0);
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
}

TEST(RootClaimLeaseTest, ALeaseLongerThanThePromiseWouldBeStale) {
  ClaimSite site(3, {.read_lease_share = 1.5});
  site.Run(absl::Seconds(1));
  site.Cut("control-1", "control-2");
  site.Cut("control-1", "control-3");
  EXPECT_GT(RunAndCountStale(site, absl::Seconds(2)), 0);
}

TEST(RootClaimLeaseTest, AFrozenRootHasNoneWhenItWakesUp) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.Freeze("control-1");
  EXPECT_EQ(RunAndCountStale(site, absl::Seconds(1)), 0);
  site.Thaw("control-1");
  EXPECT_EQ(RunAndCountStale(site, absl::Seconds(1)), 0);
}

TEST(RootClaimLeaseTest, ItEndsBeforeAHandOverIsSentAndDoesNotComeBackWhileThatIsInDoubt) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.LoseKey("control-1");
  site.HandOver("control-1", 7, "control-2");
  EXPECT_FALSE(site.HasLease("control-1"));
  site.Heal();
  site.Run(absl::Seconds(1));
  ASSERT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
  EXPECT_FALSE(site.HasLease("control-1"));
  site.HandOver("control-1", 8, "control-2");
  site.Run(absl::Seconds(1));
  EXPECT_TRUE(site.HasLease("control-2"));
}

TEST(RootClaimLeaseTest, ASentinelWhoseClaimIsInDoubtPromisesNothing) {
  ClaimSite site(2);
  site.Run(absl::Seconds(1));
  site.LoseKey("control-2");
  site.Freeze("control-1");
  site.Run(absl::Milliseconds(250));
  site.Thaw("control-1");
  site.Heal();
  site.Run(absl::Seconds(2));
  ASSERT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
  EXPECT_FALSE(site.HasLease("control-1"));
  // Under another epoch what is in doubt cannot be done any more.
  site.HandOver("control-1", 7, "control-2");
  site.Run(absl::Seconds(1));
  EXPECT_TRUE(site.HasLease("control-2"));
  site.HandOver("control-2", 8, "control-1");
  site.Run(absl::Seconds(1));
  EXPECT_TRUE(site.HasLease("control-1"));
}

TEST(RootClaimLeaseTest, ARootThatDoesNotReachTheKeyIsPromisedNothing) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.LoseKey("control-1");
  site.HoldReplica("control-1");
  EXPECT_EQ(RunAndCountStale(site, absl::Seconds(5)), 0);
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-2"});
}

TEST(RootClaimLeaseTest, ItIsOverBeforeAnybodyClaimsInAnEtcdThatWasBuiltAnew) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  // The root itself is the last to know.
  site.HoldReplica("control-1");
  site.node("control-1").core->OnProgress({.following = false});
  site.key().BuildAnew(1'000'000);
  EXPECT_EQ(RunAndCountStale(site, absl::Seconds(2)), 0);
  EXPECT_GT(site.key().claim().epoch, 1'000'000u);
  ASSERT_EQ(site.Roots().size(), 1u);
  EXPECT_TRUE(site.HasLease(site.Roots().front()));
}

TEST(RootClaimLeaseTest, WhoHasRestartedClaimsNothingWhileItsEarlierLifeMayHavePromisedSo) {
  ClaimSite site(1);
  site.Run(absl::Seconds(1));
  site.Kill("control-1");
  site.Start("control-1");
  site.Run(absl::Milliseconds(149));
  EXPECT_TRUE(site.Roots().empty());
  site.Run(absl::Milliseconds(10));
  EXPECT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
}

TEST(RootClaimLeaseTest, ANodeThatIsAdmittedMustPromiseFirst) {
  ClaimSite site(3);
  site.Run(absl::Seconds(1));
  site.Remove("control-3");
  EXPECT_TRUE(site.HasLease("control-1"));
  site.Run(absl::Seconds(1));
  EXPECT_TRUE(site.HasLease("control-1"));
  const Revision before = site.node("control-1").lease->nodes;
  site.AdmitAgain("control-3");
  site.Run(absl::Milliseconds(1));
  EXPECT_FALSE(site.HasLease("control-1"));
  site.Run(absl::Seconds(1));
  EXPECT_TRUE(site.HasLease("control-1"));
  EXPECT_GT(site.node("control-1").lease->nodes, before);
}

TEST(RootClaimLeaseTest, WhereItIsTurnedOffThereIsNone) {
  ClaimSite site(3, {.read_lease = false});
  site.Run(absl::Seconds(2));
  ASSERT_EQ(site.Roots(), std::vector<std::string>{"control-1"});
  EXPECT_FALSE(site.HasLease("control-1"));
}

}  // namespace
}  // namespace understudy::config_vault
