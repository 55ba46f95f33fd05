#include "services/config_vault/restore/restore_fill.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/status/status.h"
#include "services/config_vault/restore/testing/memory_backup.h"
#include "services/config_vault/testing/memory_vault_store.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault {
namespace {

class RestoreFillTest : public ::testing::Test {
 protected:
  RestoreFillTest() {
    for (int i = 1; i <= 5; ++i) source_.Document(MakePut("duties/d1", "d1 " + std::to_string(i)));
    source_.Document(MakePut("duties/d2", "d2"));
    source_.Document(MakePut("notes", "gone"));
    source_.Document(MakeDelete("notes"));
    EXPECT_TRUE(source_.Apply(MakeDuty("d1", "gate-1", 1)).ok());
    EXPECT_TRUE(
        source_.Apply(RecordFailover{MakeFailover("f", "d1", FailoverState::kDone), 1}).ok());
  }

  absl::StatusOr<Counters> Restore(bool replace = false) {
    MemoryBackup backup(*source_.Read(), 7);
    return FillFromBackup(target_.store(), backup,
                          {.replace = replace, .kept_documents = {"control/nodes"}});
  }
  // Of the document's latest revision.
  static std::string ContentOf(const VaultHarness& vault, const std::string& name) {
    const auto head = vault.Read()->FindHead(name);
    if (!head->has_value()) return "nothing";
    if ((*head)->latest.deleted) return "deleted";
    return vault.Read()->FindRevision(name, (*head)->latest.revision)->value().packed;
  }
  static Revision RevisionOf(const VaultHarness& vault, const std::string& name) {
    return vault.Read()->FindHead(name)->value().latest.revision;
  }

  VaultHarness source_{std::make_unique<MemoryVaultStore>()};
  VaultHarness target_{std::make_unique<MemoryVaultStore>()};
};

TEST_F(RestoreFillTest, AnEmptyVaultBecomesWhatTheBackupWas) {
  const auto counters = Restore();
  ASSERT_TRUE(counters.ok()) << counters.status();
  EXPECT_EQ(*counters, *source_.Read()->ReadCounters());
  EXPECT_EQ(*target_.Read()->ReadCounters(), *counters);
  EXPECT_EQ(*target_.Read()->ListChanges(0, 100), *source_.Read()->ListChanges(0, 100));
  EXPECT_EQ(*target_.Read()->ListHistory("duties/d1", UINT64_MAX, 100),
            *source_.Read()->ListHistory("duties/d1", UINT64_MAX, 100));
  EXPECT_EQ(ContentOf(target_, "duties/d1"), "d1 5");
  EXPECT_EQ(*target_.Read()->ListDuties(), *source_.Read()->ListDuties());
  EXPECT_EQ(*target_.Read()->ListFailovers(UINT64_MAX, 9, false),
            *source_.Read()->ListFailovers(UINT64_MAX, 9, false));
}

TEST_F(RestoreFillTest, AVaultThatHoldsSomethingIsLeftAsItIs) {
  target_.Document(MakePut("a", "1"));
  EXPECT_EQ(ErrorReason(Restore().status()), "NOT_EMPTY");
  EXPECT_EQ(ContentOf(target_, "a"), "1");
  EXPECT_FALSE(target_.Read()->ReadPosition()->has_value());
}

TEST_F(RestoreFillTest, ADutyAloneMakesAVaultOtherThanEmpty) {
  ASSERT_TRUE(target_.Apply(MakeDuty("d9", "gate-9", 1)).ok());
  EXPECT_EQ(ErrorReason(Restore().status()), "NOT_EMPTY");
}

TEST_F(RestoreFillTest, TheControlNodesAreTheVaultsOwn) {
  source_.Document(MakePut("control/nodes", "of the old site"));
  target_.Document(MakePut("control/nodes", "of the new site"));
  const auto counters = Restore();
  ASSERT_TRUE(counters.ok()) << counters.status();
  EXPECT_EQ(ContentOf(target_, "control/nodes"), "of the new site");
  EXPECT_EQ(RevisionOf(target_, "control/nodes"), counters->revision);
  EXPECT_EQ(counters->documents, source_.Read()->ReadCounters()->documents);
  EXPECT_EQ(target_.Read()->ListHistory("control/nodes", UINT64_MAX, 9)->size(), 2u);
}

// Found end to end: a site restored before its root had written them beat to the old site's nodes.
TEST_F(RestoreFillTest, TheControlNodesOfTheOldSiteDoNotComeWhereTheVaultHasNoneYet) {
  source_.Document(MakePut("control/nodes", "of the old site"));
  const auto counters = Restore();
  ASSERT_TRUE(counters.ok()) << counters.status();
  EXPECT_TRUE(target_.Read()->FindHead("control/nodes")->value().latest.deleted);
  EXPECT_EQ(counters->documents, source_.Read()->ReadCounters()->documents - 1);
  target_.Document(MakePut("control/nodes", "of the new site"));
  EXPECT_EQ(ContentOf(target_, "control/nodes"), "of the new site");
}

TEST_F(RestoreFillTest, StationsThatAreHereStayAndOthersComeBack) {
  ASSERT_TRUE(source_.Apply(PutStation{MakeStation("gate-1"), 1}).ok());
  ASSERT_TRUE(source_.Apply(PutStation{MakeStation("gate-2"), 1}).ok());
  Station here = MakeStation("gate-1");
  here.agent_version = "newer";
  ASSERT_TRUE(target_.Apply(PutStation{here, 1}).ok());
  ASSERT_TRUE(Restore().ok());
  EXPECT_EQ(target_.Read()->ListStations()->size(), 2u);
  EXPECT_EQ(target_.Read()->FindStation("gate-1")->value().station.agent_version, "newer");
}

TEST_F(RestoreFillTest, InPlaceOfAllRevisionsNeverGoBack) {
  for (int i = 0; i < 30; ++i) target_.Document(MakePut("duties/d1", std::to_string(i)));
  target_.Document(MakePut("extra", "not in the backup"));
  const Revision before = target_.Read()->ReadCounters()->revision;
  const auto counters = Restore(/*replace=*/true);
  ASSERT_TRUE(counters.ok()) << counters.status();
  EXPECT_EQ(ContentOf(target_, "duties/d1"), "d1 5");
  EXPECT_EQ(ContentOf(target_, "duties/d2"), "d2");
  EXPECT_EQ(ContentOf(target_, "extra"), "deleted");
  // Who has watched until `before` is told of all that differs.
  EXPECT_GT(RevisionOf(target_, "duties/d1"), before);
  EXPECT_GT(RevisionOf(target_, "duties/d2"), before);
  EXPECT_GT(RevisionOf(target_, "extra"), before);
  EXPECT_EQ(target_.Read()->ListHistory("duties/d1", UINT64_MAX, 99)->size(), 6u);
  EXPECT_EQ(counters->documents, 2u);
}

TEST_F(RestoreFillTest, WhatIsAsItWasGetsNoNewRevision) {
  ASSERT_TRUE(Restore().ok());
  ASSERT_TRUE(target_.store().Apply({.counters = *target_.Read()->ReadCounters()}, {}).ok());
  const Counters before = *target_.Read()->ReadCounters();
  const auto again = Restore(/*replace=*/true);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->revision, before.revision);
  EXPECT_EQ(again->kept_revisions, before.kept_revisions);
}

TEST_F(RestoreFillTest, InPlaceOfAllTheRegistryThatIsLiveStays) {
  ASSERT_TRUE(target_.Apply(MakeDuty("d2", "gate-2", 1)).ok());
  ASSERT_TRUE(
      target_.Apply(RecordFailover{MakeFailover("g", "d2", FailoverState::kWaiting), 1}).ok());
  const auto counters = Restore(/*replace=*/true);
  ASSERT_TRUE(counters.ok()) << counters.status();
  EXPECT_EQ(target_.Read()->FindDuty("d2")->value().assignment.station_id, "gate-2");
  EXPECT_EQ(target_.Read()->FindDuty("d1")->value().assignment.station_id, "");
  EXPECT_FALSE(target_.Read()->FindDutyOfStation("gate-1")->has_value());
  EXPECT_TRUE(target_.Read()->FindFailover("g")->has_value());
  EXPECT_FALSE(target_.Read()->FindFailover("f")->has_value());
  EXPECT_EQ(counters->finished_number, 0u);
}

TEST_F(RestoreFillTest, ARestoreThatIsBrokenOffLeavesAnEmptyVaultThatDoesNotGoBack) {
  target_.Document(MakePut("a", "1"));
  MemoryBackup backup(*source_.Read(), 7);
  backup.Fail(MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR", "broken"));
  EXPECT_FALSE(FillFromBackup(target_.store(), backup, {.replace = true}).ok());
  EXPECT_TRUE(target_.Read()->ReadPosition()->value().filling);
  EXPECT_TRUE(*DropUnfinishedRestore(target_.store()));
  EXPECT_FALSE(target_.Read()->ReadPosition()->has_value());
  EXPECT_TRUE(target_.Read()->ListHeads("", "", 9, true)->heads.empty());
  EXPECT_GE(target_.Read()->ReadCounters()->revision, 1u);
  EXPECT_FALSE(*DropUnfinishedRestore(target_.store()));
}

}  // namespace
}  // namespace understudy::config_vault
