#include "services/config_vault/etcd/replica_start.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy::config_vault::etcd {
namespace {

constexpr RemoteState kEtcd{.cluster_id = 7, .revision = 100, .lineage = 5};
constexpr ReplicaPosition kPosition{.cluster_id = 7, .revision = 90, .lineage = 5};

LocalState At(const ReplicaPosition& position) {
  return {.position = position, .counters = {.revision = 9}};
}

TEST(ReplicaStartTest, AReplicaOfThisEtcdGoesOn) {
  EXPECT_EQ(*ChooseStart(At(kPosition), kEtcd), ReplicaStart::kFollow);
}

TEST(ReplicaStartTest, AnEmptyStoreIsFilled) {
  EXPECT_EQ(*ChooseStart({}, kEtcd), ReplicaStart::kFill);
  EXPECT_EQ(*ChooseStart(At({.filling = true}), kEtcd), ReplicaStart::kFill);
}

TEST(ReplicaStartTest, ARebuiltEtcdWithTheSameDataFillsTheReplicaAnew) {
  RemoteState rebuilt = kEtcd;
  rebuilt.cluster_id = 8;
  EXPECT_EQ(*ChooseStart(At(kPosition), rebuilt), ReplicaStart::kFill);
}

TEST(ReplicaStartTest, ARebuiltEtcdWithTheOldOnesIdIsKnownByItsEpochBase) {
  RemoteState rebuilt = kEtcd;
  rebuilt.epoch_base = 1'000'090;
  rebuilt.revision = 12;
  EXPECT_EQ(*ChooseStart(At(kPosition), rebuilt), ReplicaStart::kFill);
  rebuilt.seed = kPosition;
  rebuilt.seed->revision = kPosition.revision - 1;
  EXPECT_EQ(ErrorReason(ChooseStart(At(kPosition), rebuilt).status()), "NEWER_DATA");
}

TEST(ReplicaStartTest, ARebuiltEtcdThatLacksSomethingDoesNotCostItsOnlyReplica) {
  RemoteState rebuilt = kEtcd;
  rebuilt.cluster_id = 8;
  rebuilt.seed = kPosition;
  rebuilt.seed->revision = kPosition.revision + 1;
  EXPECT_EQ(*ChooseStart(At(kPosition), rebuilt), ReplicaStart::kFill);
  rebuilt.seed->revision = kPosition.revision - 1;
  EXPECT_EQ(ErrorReason(ChooseStart(At(kPosition), rebuilt).status()), "NEWER_DATA");
}

TEST(ReplicaStartTest, AReplicaThatHeldWhatEtcdWasRebuiltFromKeepsItAll) {
  RemoteState rebuilt = kEtcd;
  rebuilt.cluster_id = 8;
  rebuilt.seed = kPosition;
  EXPECT_EQ(*ChooseStart(At(kPosition), rebuilt), ReplicaStart::kAdopt);
  rebuilt.seed->epoch_base = 1;
  EXPECT_EQ(*ChooseStart(At(kPosition), rebuilt), ReplicaStart::kFill);
}

TEST(ReplicaStartTest, AReplicaOfASiteWithoutDataFollowsWhateverComes) {
  ReplicaPosition empty = kPosition;
  empty.lineage = 0;
  EXPECT_EQ(*ChooseStart(At(empty), kEtcd), ReplicaStart::kFollow);
  empty.cluster_id = 8;
  EXPECT_EQ(*ChooseStart(At(empty), kEtcd), ReplicaStart::kFill);
}

TEST(ReplicaStartTest, AnEmbeddedEnginesDataIsNotGivenUp) {
  EXPECT_EQ(ErrorReason(ChooseStart({.counters = {.revision = 3}}, kEtcd).status()),
            "EMBEDDED_DATA");
}

TEST(ReplicaStartTest, DataThatEtcdDoesNotHaveIsNotGivenUp) {
  RemoteState other = kEtcd;
  other.lineage = 6;
  EXPECT_EQ(ErrorReason(ChooseStart(At(kPosition), other).status()), "OTHER_DATA");
  other.lineage = std::nullopt;
  EXPECT_EQ(ErrorReason(ChooseStart(At(kPosition), other).status()), "OTHER_DATA");
  RemoteState older = kEtcd;
  older.revision = 80;
  EXPECT_EQ(ErrorReason(ChooseStart(At(kPosition), older).status()), "OTHER_DATA");
}

}  // namespace
}  // namespace understudy::config_vault::etcd
