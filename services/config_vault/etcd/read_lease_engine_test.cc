// The root's lease with the engine, the replica, the root key and the read gate, on a fake etcd.
#include <gtest/gtest.h>

#include <string>

#include "common/status/status.h"
#include "common/testing/eventually.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/testing/etcd_node.h"
#include "services/config_vault/etcd/testing/fake_etcd.h"
#include "services/config_vault/restore/testing/memory_backup.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault::etcd {
namespace {

using testing::Eventually;

class ReadLeaseEngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (EtcdNode* node : {&root_, &sentinel_}) {
      ASSERT_TRUE(Eventually([&] { return node->replica().tip().following; }));
    }
    epoch_ = root_.BecomeRoot();
    AdmitNodes("first");
  }

  // The nodes' document changes, and all promise under its new revision.
  void AdmitNodes(const std::string& content) {
    const auto outcome = root_.Propose(MakePut(kControlNodesDocument, content));
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    nodes_ = outcome->revision;
    Renew();
  }
  void Renew() {
    root_.lease().Renew({.epoch = epoch_, .nodes = nodes_, .until = SteadyTime::Infinite()});
  }
  // Whether a read needs no etcd now.
  bool ReadsAtOnce() {
    const int before = root_.reads_by_lease();
    (void)root_.ReadCurrent();
    return root_.reads_by_lease() > before;
  }
  absl::StatusOr<RootKey::ClaimResult> Claim(EtcdNode& node, const RootRecord& record) {
    return Await<RootKey::ClaimResult>(
        [&](auto done) { node.root_key().Claim(epoch_, record, std::move(done)); });
  }

  FakeEtcd etcd_;
  EtcdNode root_{etcd_, "control-1"};
  EtcdNode sentinel_{etcd_, "control-2"};
  Epoch epoch_ = 0;
  Revision nodes_ = 0;
};

TEST_F(ReadLeaseEngineTest, ARootWithItsLeaseReadsWithoutAskingEtcd) {
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  root_.client().SetReachable(false);
  EXPECT_TRUE(root_.ReadCurrent().ok());
  EXPECT_EQ(root_.reads_by_lease(), 1);
  EXPECT_EQ(root_.gate().DataAge(), absl::ZeroDuration());
  root_.lease().Withdraw();
  EXPECT_EQ(ErrorReason(root_.ReadCurrent()), "ETCD_UNREACHABLE");
}

TEST_F(ReadLeaseEngineTest, ANewReignMayReadBeforeItsFirstWrite) {
  epoch_ = root_.BecomeRoot(epoch_);
  Renew();
  EXPECT_TRUE(Eventually([&] { return ReadsAtOnce(); }));
}

TEST_F(ReadLeaseEngineTest, WhileTheFateOfAWriteIsNotKnownEtcdIsAsked) {
  root_.client().SetReachable(false);
  EXPECT_EQ(ErrorReason(root_.Propose(MakePut("a", "1")).status()), "OUTCOME_UNKNOWN");
  EXPECT_EQ(ErrorReason(root_.ReadCurrent()), "ETCD_UNREACHABLE");
  root_.client().SetReachable(true);
  EXPECT_TRUE(Eventually([&] { return ReadsAtOnce(); }));
  EXPECT_TRUE(root_.store().Snapshot()->FindHead("a")->has_value());
}

TEST_F(ReadLeaseEngineTest, WhatTheOwnDiskDidNotTakeIsNotPassedOver) {
  root_.store().SetFailure(MakeError(absl::StatusCode::kResourceExhausted, "DISK_FULL", "full"));
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  EXPECT_EQ(ErrorReason(root_.ReadCurrent()), "CATCHING_UP");
  root_.store().SetFailure(absl::OkStatus());
  EXPECT_TRUE(Eventually([&] { return root_.ReadCurrent().ok(); }));
  EXPECT_TRUE(root_.store().Snapshot()->FindHead("a")->has_value());
}

TEST_F(ReadLeaseEngineTest, AReadAfterAWriteWaitsForTheOwnStoreNotForEtcd) {
  const auto go = std::make_shared<absl::Notification>();
  root_.store().OnCommit([go] { go->WaitForNotification(); });
  rpc::testing::Inbox<bool> written;
  root_.engine().Propose(MakePut("a", "1"),
                         [&](const auto& outcome) { written.Put(outcome.ok()); });
  EXPECT_TRUE(written.Take());
  root_.client().SetReachable(false);
  rpc::testing::Inbox<bool> read;
  root_.gate().WhenCurrent(1, [&](const absl::Status& status) {
    read.Put(status.ok() && root_.store().Snapshot()->FindHead("a")->has_value());
  });
  EXPECT_FALSE(root_.gate().IsCurrent(1));
  go->Notify();
  EXPECT_TRUE(read.Take());
  root_.store().OnCommit(nullptr);
}

TEST_F(ReadLeaseEngineTest, WhenTheAdmittedNodesChangeAllMustPromiseAnew) {
  EXPECT_TRUE(ReadsAtOnce());
  const Revision before = nodes_;
  AdmitNodes("second");
  root_.lease().Renew({.epoch = epoch_, .nodes = before, .until = SteadyTime::Infinite()});
  EXPECT_FALSE(ReadsAtOnce());
  Renew();
  EXPECT_TRUE(ReadsAtOnce());
}

TEST_F(ReadLeaseEngineTest, AfterARestoreEtcdIsAskedUntilTheNextReign) {
  MemoryBackup backup(*root_.store().Snapshot(), epoch_);
  EXPECT_EQ(ErrorReason(root_.engine().Restore(backup, {}).status()), "NOT_EMPTY");
  EXPECT_TRUE(ReadsAtOnce());
  const auto restored =
      root_.engine().Restore(backup, {.replace = true, .kept_documents = {kControlNodesDocument}});
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_FALSE(ReadsAtOnce());
  epoch_ = restored->epoch;
  nodes_ = root_.store().Snapshot()->FindHead(kControlNodesDocument)->value().latest.revision;
  root_.engine().BeginReign(epoch_);
  Renew();
  EXPECT_TRUE(Eventually([&] { return ReadsAtOnce(); }));
}

TEST_F(ReadLeaseEngineTest, WhoHasNotSeenTheNewestAdmittedNodesCannotClaim) {
  ASSERT_TRUE(Eventually([&] { return root_.Contents() == sentinel_.Contents(); }));
  sentinel_.root_key().SetNodesSeen(sentinel_.engine().progress().applied);
  AdmitNodes("without control-2");
  ASSERT_TRUE(Eventually([&] { return root_.Contents() == sentinel_.Contents(); }));
  const RootRecord record{.node_id = "control-2", .instance = 1};
  const auto refused = Claim(sentinel_, record);
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_FALSE(refused->won);
  EXPECT_EQ(refused->owner.epoch, epoch_);
  sentinel_.root_key().SetNodesSeen(sentinel_.engine().progress().applied);
  EXPECT_TRUE(Claim(sentinel_, record)->won);
}

TEST_F(ReadLeaseEngineTest, ARootHandsOverWhateverItHasSeenOfTheAdmittedNodes) {
  root_.root_key().SetNodesSeen(0);
  const RootRecord record{.node_id = "control-2", .instance = 1, .handed_over_by = "control-1"};
  EXPECT_TRUE(Claim(root_, record)->won);
}

}  // namespace
}  // namespace understudy::config_vault::etcd
