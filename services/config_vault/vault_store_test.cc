// One conformance test over every store.
#include "services/config_vault/vault_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>

#include "services/config_vault/rocksdb_vault_store.h"
#include "services/config_vault/testing/memory_vault_store.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault {
namespace {

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<VaultStore>()> open;
};

std::unique_ptr<VaultStore> OpenRocksdb() {
  static int count = 0;
  const std::string directory =
      std::string(std::getenv("TEST_TMPDIR")) + "/store-" + std::to_string(++count);
  std::filesystem::remove_all(directory);
  auto store = OpenRocksdbVaultStore(directory, {});
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

class VaultStoreTest : public ::testing::TestWithParam<StoreKind> {
 protected:
  VaultHarness vault_{GetParam().open()};
};

std::vector<std::string> Names(const std::vector<DocumentHead>& heads) {
  std::vector<std::string> names;
  for (const DocumentHead& head : heads) names.push_back(head.latest.name);
  return names;
}

TEST_P(VaultStoreTest, AnEmptyVaultHasNothing) {
  const auto reader = vault_.Read();
  EXPECT_EQ(*reader->ReadCounters(), Counters{});
  EXPECT_FALSE(reader->FindHead("a")->has_value());
  EXPECT_FALSE(reader->FindRevision("a", 1)->has_value());
  EXPECT_EQ(*reader->NextRevision("a", 0), 0u);
  EXPECT_FALSE(reader->FindRequest("r")->has_value());
  EXPECT_FALSE(reader->FindRequestId(1)->has_value());
  EXPECT_FALSE(reader->FindStation("s")->has_value());
  EXPECT_FALSE(reader->FindDuty("d")->has_value());
  EXPECT_FALSE(reader->FindDutyOfStation("s")->has_value());
  EXPECT_FALSE(reader->FindFailover("f")->has_value());
  EXPECT_FALSE(reader->FindFinishedFailover(1)->has_value());
  EXPECT_TRUE(reader->ListHeads("", "", 10, true)->heads.empty());
  EXPECT_TRUE(reader->ListHistory("a", UINT64_MAX, 10)->empty());
  EXPECT_TRUE(reader->ListChanges(0, 10)->empty());
  EXPECT_TRUE(reader->ListStations()->empty());
  EXPECT_TRUE(reader->ListDuties()->empty());
  EXPECT_TRUE(reader->ListFailovers(UINT64_MAX, 10, false)->empty());
}

TEST_P(VaultStoreTest, ARevisionComesBackAsItWasWritten) {
  PutDocument put = MakePut("duties/d1", std::string("\0binary\xFF", 8));
  put.write.comment = "Größe";
  put.write.time = absl::FromUnixNanos(1'700'000'000'123'456'789);
  const DocumentInfo info = vault_.Document(put).info;
  const DocumentRevision found = vault_.Read()->FindRevision("duties/d1", 1)->value();
  EXPECT_EQ(found.info, info);
  EXPECT_EQ(found.packed, put.packed);
  EXPECT_EQ(vault_.Read()->FindHead("duties/d1")->value().latest, info);
}

TEST_P(VaultStoreTest, ADeletionHasNoContent) {
  vault_.Document(MakePut("a", "1"));
  const DocumentInfo info = vault_.Document(MakeDelete("a")).info;
  const DocumentRevision found = vault_.Read()->FindRevision("a", 2)->value();
  EXPECT_EQ(found.info, info);
  EXPECT_TRUE(found.packed.empty());
}

TEST_P(VaultStoreTest, ListsHeadsByNameAndPrefixInPages) {
  for (const char* name : {"b", "a/2", "a/1", "a/3", "ab", "a"}) {
    vault_.Document(MakePut(name, name));
  }
  const auto reader = vault_.Read();
  EXPECT_EQ(Names(reader->ListHeads("", "", 10, false)->heads),
            (std::vector<std::string>{"a", "a/1", "a/2", "a/3", "ab", "b"}));
  const auto page = reader->ListHeads("a/", "", 2, false);
  EXPECT_EQ(Names(page->heads), (std::vector<std::string>{"a/1", "a/2"}));
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->last, "a/2");
  const auto last = reader->ListHeads("a/", page->last, 2, false);
  EXPECT_EQ(Names(last->heads), (std::vector<std::string>{"a/3"}));
  EXPECT_FALSE(last->more);
}

TEST_P(VaultStoreTest, LeavesDeletedHeadsOutUnlessAskedFor) {
  vault_.Document(MakePut("a", "1"));
  vault_.Document(MakePut("b", "1"));
  vault_.Document(MakeDelete("a"));
  EXPECT_EQ(Names(vault_.Read()->ListHeads("", "", 10, false)->heads),
            (std::vector<std::string>{"b"}));
  EXPECT_EQ(Names(vault_.Read()->ListHeads("", "", 10, true)->heads),
            (std::vector<std::string>{"a", "b"}));
}

TEST_P(VaultStoreTest, ListsHistoryNewestFirst) {
  for (const char* content : {"1", "2", "3"}) {
    vault_.Document(MakePut("a", content));
    vault_.Document(MakePut("a/b", content));
  }
  const auto all = vault_.Read()->ListHistory("a", UINT64_MAX, 10);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ(all->at(0).revision, 5u);
  EXPECT_EQ(all->at(2).revision, 1u);
  const auto rest = vault_.Read()->ListHistory("a", 5, 1);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ(rest->at(0).revision, 3u);
}

TEST_P(VaultStoreTest, ListsChangesOfAllDocumentsInTheOrderOfWrites) {
  vault_.Document(MakePut("b", "1"));
  ASSERT_TRUE(vault_.Apply(PutStation{MakeStation("gate-1"), 1}).ok());
  vault_.Document(MakePut("a", "1"));
  vault_.Document(MakeDelete("b"));
  const auto all = vault_.Read()->ListChanges(0, 10);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ(all->at(0).name, "b");
  EXPECT_EQ(all->at(1).revision, 3u);
  EXPECT_TRUE(all->at(2).deleted);
  EXPECT_EQ(vault_.Read()->ListChanges(1, 1)->at(0).revision, 3u);
}

TEST_P(VaultStoreTest, FindsTheNextRevisionOfOneDocument) {
  vault_.Document(MakePut("a", "1"));
  vault_.Document(MakePut("b", "1"));
  vault_.Document(MakePut("a", "2"));
  EXPECT_EQ(*vault_.Read()->NextRevision("a", 0), 1u);
  EXPECT_EQ(*vault_.Read()->NextRevision("a", 1), 3u);
  EXPECT_EQ(*vault_.Read()->NextRevision("a", 3), 0u);
}

TEST_P(VaultStoreTest, RegistryRecordsComeBackAsTheyWereWritten) {
  ASSERT_TRUE(vault_.Apply(PutStation{MakeStation("gate-2"), 1}).ok());
  ASSERT_TRUE(vault_.Apply(PutStation{MakeStation("gate-1"), 1}).ok());
  const auto created = vault_.Apply(MakeDuty("d1", "gate-1", 1));
  const Failover failover = MakeFailover("d1-1", "d1", FailoverState::kClaimed);
  ASSERT_TRUE(vault_.Apply(RecordFailover{failover, 1}).ok());
  const auto reader = vault_.Read();
  EXPECT_EQ(reader->ListStations()->at(0).station, MakeStation("gate-1"));
  EXPECT_EQ(reader->ListStations()->at(1).revision, 1u);
  EXPECT_EQ(reader->ListDuties()->at(0), std::get<Duty>(created->result));
  EXPECT_EQ(reader->FindFailover("d1-1")->value().failover, failover);
}

TEST_P(VaultStoreTest, ListsStationsAndDutiesInPagesById) {
  for (const char* id : {"a", "a-1", "b", "c"}) {
    ASSERT_TRUE(vault_.Apply(PutStation{MakeStation(id), 1}).ok());
    ASSERT_TRUE(vault_.Apply(MakeDuty(id, id, 1)).ok());
  }
  const auto reader = vault_.Read();
  const auto stations = reader->ListStationsAfter("a", 2);
  ASSERT_EQ(stations->size(), 2u);
  EXPECT_EQ(stations->at(0).station.id, "a-1");
  EXPECT_EQ(stations->at(1).station.id, "b");
  const auto duties = reader->ListDutiesAfter("aa", 9);
  ASSERT_EQ(duties->size(), 2u);
  EXPECT_EQ(duties->at(0).id, "b");
  EXPECT_EQ(duties->at(1).id, "c");
  EXPECT_TRUE(reader->ListDutiesAfter("c", 9)->empty());
}

TEST_P(VaultStoreTest, TheDutyOfAStationFollowsItsAssignment) {
  ASSERT_TRUE(vault_.Apply(MakeDuty("d1", "gate-1", 1)).ok());
  ASSERT_TRUE(vault_.Apply(MakeClaim("d1", 2, "spare-1", 1)).ok());
  EXPECT_FALSE(vault_.Read()->FindDutyOfStation("gate-1")->has_value());
  EXPECT_EQ(vault_.Read()->FindDutyOfStation("spare-1")->value(), "d1");
  ASSERT_TRUE(vault_.Apply(RemoveDuty{"d1", 2, 1}).ok());
  EXPECT_FALSE(vault_.Read()->FindDutyOfStation("spare-1")->has_value());
  EXPECT_TRUE(vault_.Read()->ListDuties()->empty());
}

TEST_P(VaultStoreTest, ListsUnfinishedFailoversApart) {
  const auto record = [&](const char* id, FailoverState state) {
    ASSERT_TRUE(vault_.Apply(RecordFailover{MakeFailover(id, "d1", state), 1}).ok());
  };
  record("f-1", FailoverState::kWaiting);
  record("f-2", FailoverState::kDone);
  record("f-3", FailoverState::kClaimed);
  const auto unfinished = vault_.Read()->ListFailovers(UINT64_MAX, 10, true);
  ASSERT_EQ(unfinished->size(), 2u);
  EXPECT_EQ(unfinished->at(0).failover.id, "f-3");
  const auto older = vault_.Read()->ListFailovers(unfinished->at(0).created, 10, false);
  ASSERT_EQ(older->size(), 2u);
  EXPECT_EQ(older->at(0).failover.id, "f-2");
  EXPECT_EQ(vault_.Read()->FindFinishedFailover(1)->value(), "f-2");
}

TEST_P(VaultStoreTest, ASnapshotDoesNotSeeLaterWrites) {
  vault_.Document(MakePut("a", "1"));
  const auto before = vault_.Read();
  vault_.Document(MakePut("a", "2"));
  vault_.Document(MakePut("b", "1"));
  EXPECT_EQ(before->FindHead("a")->value().latest.revision, 1u);
  EXPECT_EQ(before->ReadCounters()->revision, 1u);
  EXPECT_EQ(before->ListChanges(0, 10)->size(), 1u);
  EXPECT_FALSE(before->FindHead("b")->has_value());
}

TEST_P(VaultStoreTest, ListsRememberedRequestsByNumber) {
  for (const char* id : {"r-1", "r-2", "r-3"}) {
    PutDocument put = MakePut(id, id);
    put.write.request_id = id;
    vault_.Document(put);
  }
  const auto rest = vault_.Read()->ListRequests(1, 1);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ(rest->at(0).id, "r-2");
  EXPECT_EQ(rest->at(0).outcome.info.name, "r-2");
  EXPECT_EQ(vault_.Read()->ListRequests(0, 10)->size(), 3u);
}

// Found by simulation: a root that had been filled without this memory took a repeated request for
// a new one, and the replicas that remembered the first could give no snapshot any more.
TEST_P(VaultStoreTest, ListsARequestOnceThatARootWithoutMemoryTookForANewOne) {
  VaultBatch batch;
  for (const uint64_t number : {1, 2, 3}) {
    const std::string id = number == 3 ? "r-1" : "r-" + std::to_string(number);
    batch.mutations.push_back(WriteRequest{{.id = id, .number = number}});
  }
  ASSERT_TRUE(vault_.store().Commit(batch).ok());
  const auto numbers = [&] {
    std::vector<uint64_t> found;
    const auto listed = vault_.Read()->ListRequests(0, 10);
    EXPECT_TRUE(listed.ok()) << listed.status();
    for (const RememberedRequest& request : *listed) found.push_back(request.number);
    return found;
  };
  EXPECT_EQ(numbers(), (std::vector<uint64_t>{2, 3}));
  ASSERT_TRUE(vault_.store().Commit({.mutations = {ForgetRequest{"r-1", 3}}}).ok());
  EXPECT_EQ(numbers(), (std::vector<uint64_t>{2}));
}

TEST_P(VaultStoreTest, ABatchIsAppliedTogetherWithTheReplicasPosition) {
  EXPECT_FALSE(vault_.Read()->ReadPosition()->has_value());
  const ReplicaPosition position{.cluster_id = UINT64_MAX, .revision = 17, .lineage = 5};
  VaultBatch batch{.mutations = {WriteStation{{MakeStation("gate-1"), 1}}},
                   .counters = {.revision = 1}};
  ASSERT_TRUE(vault_.store().Apply(batch, position).ok());
  EXPECT_EQ(vault_.Read()->ReadPosition()->value(), position);
  EXPECT_EQ(vault_.Read()->FindStation("gate-1")->value().revision, 1u);
  EXPECT_EQ(vault_.Read()->ReadCounters()->revision, 1u);
  EXPECT_TRUE(vault_.store().Sync().ok());
}

TEST_P(VaultStoreTest, AClearedStoreHasNothingAndSaysThatItIsBeingFilled) {
  PutDocument put = MakePut("a", "1");
  put.write.request_id = "r-1";
  vault_.Document(put);
  ASSERT_TRUE(vault_.Apply(MakeDuty("d1", "gate-1", 1)).ok());
  ASSERT_TRUE(vault_.Apply(RecordFailover{MakeFailover("f", "d1", FailoverState::kDone), 1}).ok());
  EXPECT_EQ(*vault_.store().AdvanceEpoch(0), 1u);
  ASSERT_TRUE(vault_.store().Clear().ok());
  const auto reader = vault_.Read();
  EXPECT_EQ(reader->ReadPosition()->value(), (ReplicaPosition{.filling = true}));
  EXPECT_EQ(*reader->ReadCounters(), Counters{});
  EXPECT_FALSE(reader->FindRevision("a", 1)->has_value());
  EXPECT_FALSE(reader->FindRequest("r-1")->has_value());
  EXPECT_TRUE(reader->ListHeads("", "", 10, true)->heads.empty());
  EXPECT_TRUE(reader->ListChanges(0, 10)->empty());
  EXPECT_TRUE(reader->ListDuties()->empty());
  EXPECT_FALSE(reader->FindDutyOfStation("gate-1")->has_value());
  EXPECT_FALSE(reader->FindFinishedFailover(1)->has_value());
  EXPECT_TRUE(reader->ListFailovers(UINT64_MAX, 10, false)->empty());
  EXPECT_EQ(*vault_.store().AdvanceEpoch(0), 2u);
}

TEST_P(VaultStoreTest, TheEpochGrowsByOneOrAboveAnother) {
  EXPECT_EQ(*vault_.store().AdvanceEpoch(0), 1u);
  EXPECT_EQ(*vault_.store().AdvanceEpoch(0), 2u);
  EXPECT_EQ(*vault_.store().AdvanceEpoch(40), 41u);
  EXPECT_EQ(*vault_.store().AdvanceEpoch(7), 42u);
}

TEST_P(VaultStoreTest, APositionOfNothingLeavesTheStoreWithoutOne) {
  ASSERT_TRUE(vault_.store().Clear().ok());
  ASSERT_TRUE(vault_.store().Apply({.counters = {.revision = 3}}, ReplicaPosition{}).ok());
  EXPECT_FALSE(vault_.Read()->ReadPosition()->has_value());
  EXPECT_EQ(vault_.Read()->ReadCounters()->revision, 3u);
}

TEST_P(VaultStoreTest, AHealthyStoreRecoversAtOnce) {
  EXPECT_TRUE(vault_.store().Recover().ok());
  vault_.Document(MakePut("a", "1"));
}

INSTANTIATE_TEST_SUITE_P(
    Stores, VaultStoreTest,
    ::testing::Values(StoreKind{"Memory", [] { return std::make_unique<MemoryVaultStore>(); }},
                      StoreKind{"Rocksdb", OpenRocksdb}),
    [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace understudy::config_vault
