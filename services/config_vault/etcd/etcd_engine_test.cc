// The engine, the replica, the root key and the read gate together, on a fake etcd.
#include "services/config_vault/etcd/etcd_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "common/status/status.h"
#include "common/testing/eventually.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/snapshot.h"
#include "services/config_vault/etcd/testing/etcd_node.h"
#include "services/config_vault/etcd/testing/fake_etcd.h"
#include "services/config_vault/restore/testing/memory_backup.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault::etcd {
namespace {

using Fate = FakeEtcd::Client::Fate;
using testing::Eventually;

class EtcdEngineTest : public ::testing::Test {
 protected:
  // A replica that begins after the first writes has what is current of them, not their history.
  void SetUp() override {
    for (EtcdNode* node : {&root_, &sentinel_}) {
      ASSERT_TRUE(Eventually([&] { return node->replica().tip().following; }));
    }
  }
  bool AreEqual() {
    return Eventually([&] { return root_.Contents() == sentinel_.Contents(); });
  }

  FakeEtcd etcd_;
  // The nodes may move to it, and leave it last.
  FakeEtcd rebuilt_{0xBEEF};
  FakeEtcd of_the_old_id_;
  EtcdNode root_{etcd_, "control-1"};
  EtcdNode sentinel_{etcd_, "control-2"};
};

TEST_F(EtcdEngineTest, AnAcknowledgedWriteIsInEtcdAndInEveryReplica) {
  const Epoch epoch = root_.BecomeRoot();
  const auto outcome = root_.Propose(MakePut("duties/d1", "content"));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->revision, 1u);
  EXPECT_TRUE(etcd_.Contents().contains("understudy/local/d/duties/d1"));
  EXPECT_EQ(root_.store().Snapshot()->FindRevision("duties/d1", 1)->value().packed, "content");
  EXPECT_TRUE(AreEqual());
  ASSERT_TRUE(root_.Propose(MakeDuty("d1", "gate-1", epoch)).ok());
  ASSERT_TRUE(root_.Propose(MakeDelete("duties/d1")).ok());
  EXPECT_TRUE(AreEqual());
  EXPECT_FALSE(etcd_.Contents().contains("understudy/local/d/duties/d1"));
}

TEST_F(EtcdEngineTest, TheEpochIsTheRevisionOfTheRootsClaim) {
  const Epoch first = root_.BecomeRoot();
  EXPECT_EQ(first, static_cast<Epoch>(etcd_.Contents().at("understudy/local/root").mod_revision));
  EXPECT_GT(sentinel_.BecomeRoot(), first);
}

TEST_F(EtcdEngineTest, ASentinelRefusesWritesAtOnce) {
  const absl::Status refused = sentinel_.Propose(MakePut("a", "1")).status();
  EXPECT_EQ(ErrorReason(refused), "NOT_ROOT");
  EXPECT_EQ(etcd_.commits(), 0);
}

TEST_F(EtcdEngineTest, ADeposedRootCannotWriteAndLearnsOfIt) {
  const Epoch epoch = root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  ASSERT_TRUE(sentinel_.Propose(MakePut("a", "2")).status().code() ==
              absl::StatusCode::kUnavailable);
  sentinel_.BecomeRoot();
  const absl::Status refused = root_.Propose(MakePut("a", "3")).status();
  EXPECT_EQ(ErrorReason(refused), "NOT_ROOT");
  EXPECT_EQ(ErrorMetadata(refused)["root"], "control-2");
  EXPECT_EQ(root_.deposed.Take(), epoch);
  ASSERT_TRUE(sentinel_.Propose(MakePut("a", "4")).ok());
  EXPECT_TRUE(AreEqual());
  EXPECT_EQ(root_.store().Snapshot()->FindHead("a")->value().latest.revision, 2u);
}

TEST_F(EtcdEngineTest, ADeposedRootsUnchangedPutIsNotConfirmedFromOldState) {
  root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  sentinel_.BecomeRoot();
  ASSERT_TRUE(sentinel_.Propose(MakePut("a", "2")).ok());
  EXPECT_EQ(ErrorReason(root_.Propose(MakePut("a", "1")).status()), "NOT_ROOT");
}

TEST_F(EtcdEngineTest, AWriteWhoseAnswerIsLostHappensOnce) {
  root_.BecomeRoot();
  root_.client().FailNextCommit(Fate::kHappened);
  const auto happened = root_.Propose(MakePut("a", "1"));
  ASSERT_TRUE(happened.ok()) << happened.status();
  EXPECT_EQ(happened->revision, 1u);
  root_.client().FailNextCommit(Fate::kDidNotHappen);
  const auto repeated = root_.Propose(MakePut("a", "2"));
  ASSERT_TRUE(repeated.ok()) << repeated.status();
  EXPECT_EQ(repeated->revision, 2u);
  EXPECT_TRUE(AreEqual());
  EXPECT_EQ(root_.store().Snapshot()->ListChanges(0, 10)->size(), 2u);
}

TEST_F(EtcdEngineTest, WithEtcdOutOfReachWritesAreRefusedAndSaySinceWhen) {
  root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  root_.client().SetReachable(false);
  const absl::Status unknown = root_.Propose(MakePut("a", "2")).status();
  EXPECT_EQ(ErrorReason(unknown), "OUTCOME_UNKNOWN");
  EXPECT_FALSE(root_.reachable.Take().ok());
  const absl::Status refused = root_.Propose(MakePut("a", "3")).status();
  EXPECT_EQ(ErrorReason(refused), "ETCD_UNREACHABLE");
  EXPECT_NE(ErrorMetadata(refused)["since"], "");
  EXPECT_EQ(ErrorReason(root_.ReadCurrent()), "ETCD_UNREACHABLE");
  EXPECT_TRUE(root_.store().Snapshot()->FindHead("a")->has_value());
  root_.client().SetReachable(true);
  EXPECT_TRUE(root_.reachable.Take().ok());
  // What was in doubt was repeated until it was done.
  EXPECT_TRUE(Eventually(
      [&] { return root_.store().Snapshot()->FindHead("a")->value().latest.revision == 2; }));
  EXPECT_TRUE(root_.Propose(MakePut("a", "4")).ok());
  EXPECT_TRUE(AreEqual());
}

TEST_F(EtcdEngineTest, WithReplicatedAWriteIsAcknowledgedWhenAnotherReplicaHasIt) {
  EtcdNode root(etcd_, "control-3", {.engine = {.replicated = true, .patience = absl::Hours(1)}});
  root.BecomeRoot();
  rpc::testing::Inbox<absl::Status> answers;
  root.engine().Propose(MakePut("a", "1"),
                        [&](absl::StatusOr<Outcome> outcome) { answers.Put(outcome.status()); });
  ASSERT_TRUE(Eventually([&] { return sentinel_.store().Snapshot()->FindHead("a")->has_value(); }));
  ASSERT_TRUE(Eventually([&] { return root.Contents() == sentinel_.Contents(); }));
  const auto applied =
      static_cast<uint64_t>(etcd_.Contents().at("understudy/local/batch").mod_revision);
  root.engine().OnPeerProgress(applied - 1);
  root.engine().ExpireWaiting();
  EXPECT_EQ(answers.size(), 0u);
  root.engine().OnPeerProgress(applied);
  EXPECT_TRUE(answers.Take().ok());
  // An unchanged put tells of a write that all have.
  EXPECT_TRUE(root.Propose(MakePut("a", "1"))->revision == 1);
  root.engine().Propose(MakePut("a", "2"),
                        [&](absl::StatusOr<Outcome> outcome) { answers.Put(outcome.status()); });
  ASSERT_TRUE(Eventually([&] { return root.store().Snapshot()->ReadCounters()->revision == 2; }));
  root.engine().EndReign();
  EXPECT_EQ(ErrorReason(answers.Take()), "NOT_REPLICATED");
}

TEST_F(EtcdEngineTest, ManyWritesTogetherAreFewTransactions) {
  root_.BecomeRoot();
  const int64_t before = etcd_.commits();
  rpc::testing::Inbox<bool> answers;
  for (int i = 0; i < 500; ++i) {
    root_.engine().Propose(MakePut("d" + std::to_string(i), "x"),
                           [&](absl::StatusOr<Outcome> outcome) { answers.Put(outcome.ok()); });
  }
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(answers.Take());
  EXPECT_LT(etcd_.commits() - before, 400);
  EXPECT_TRUE(AreEqual());
}

TEST_F(EtcdEngineTest, WhatEtcdRefusesHasNotHappened) {
  root_.BecomeRoot();
  root_.client().RefuseCommits(
      MakeError(absl::StatusCode::kResourceExhausted, "ETCD_NO_SPACE", "full"));
  EXPECT_EQ(ErrorReason(root_.Propose(MakePut("a", "1")).status()), "ETCD_NO_SPACE");
  root_.client().RefuseCommits(absl::OkStatus());
  EXPECT_EQ(root_.Propose(MakePut("a", "1"))->revision, 1u);
}

TEST_F(EtcdEngineTest, ARestartedReplicaGoesOnWhereItWas) {
  root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  ASSERT_TRUE(AreEqual());
  sentinel_.client().SetReachable(false);
  ASSERT_TRUE(root_.Propose(MakePut("a", "2")).ok());
  sentinel_.client().SetReachable(true);
  sentinel_.Restart();
  ASSERT_TRUE(root_.Propose(MakePut("a", "3")).ok());
  EXPECT_TRUE(AreEqual());
  EXPECT_EQ(sentinel_.store().Snapshot()->ListHistory("a", UINT64_MAX, 10)->size(), 3u);
}

TEST_F(EtcdEngineTest, AReplicaThatCompactionHasPassedIsFilledFromWhatIsCurrent) {
  root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  ASSERT_TRUE(AreEqual());
  sentinel_.client().SetReachable(false);
  ASSERT_TRUE(root_.Propose(MakePut("a", "2")).ok());
  ASSERT_TRUE(root_.Propose(MakePut("a", "3")).ok());
  ASSERT_TRUE(Await<Header>([&](auto done) {
                root_.client().Compact(etcd_.revision(), absl::Seconds(1), std::move(done));
              }).ok());
  sentinel_.client().SetReachable(true);
  ASSERT_TRUE(Eventually([&] {
    const auto head = sentinel_.store().Snapshot()->FindHead("a");
    return head.ok() && head->has_value() && (*head)->latest.revision == 3;
  }));
  EXPECT_EQ(sentinel_.store().Snapshot()->FindRevision("a", 3)->value().packed, "3");
  ASSERT_TRUE(root_.Propose(MakePut("b", "1")).ok());
  EXPECT_TRUE(Eventually([&] { return sentinel_.store().Snapshot()->FindHead("b")->has_value(); }));
}

TEST_F(EtcdEngineTest, ALinearizableReadOnASentinelSeesWhatWasAcknowledged) {
  root_.BecomeRoot();
  for (int i = 1; i <= 50; ++i) {
    ASSERT_TRUE(root_.Propose(MakePut("a", std::to_string(i))).ok());
    ASSERT_TRUE(sentinel_.ReadCurrent().ok());
    EXPECT_EQ(sentinel_.store().Snapshot()->ReadCounters()->revision, static_cast<Revision>(i));
  }
  EXPECT_LT(sentinel_.gate().DataAge(), absl::Seconds(30));
}

TEST_F(EtcdEngineTest, AnEtcdLostForGoodIsBuiltAnewFromAReplica) {
  const Epoch before = root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  ASSERT_TRUE(root_.Propose(MakePut("a", "2")).ok());
  ASSERT_TRUE(root_.Propose(MakeDuty("d1", "gate-1", before)).ok());
  ASSERT_TRUE(AreEqual());
  const std::string contents = sentinel_.Contents();
  sentinel_.MoveTo(rebuilt_);
  EXPECT_EQ(ErrorReason(sentinel_.replica().Seed(before).status()), "");
  ASSERT_TRUE(Eventually([&] { return sentinel_.replica().tip().following; }));
  EXPECT_EQ(sentinel_.Contents(), contents);
  EXPECT_EQ(ErrorReason(sentinel_.replica().Seed(before).status()), "NOT_EMPTY");
  EXPECT_GT(sentinel_.BecomeRoot(), before);
  ASSERT_TRUE(sentinel_.Propose(MakePut("a", "3")).ok());
  root_.MoveTo(rebuilt_);
  ASSERT_TRUE(Eventually([&] {
    const auto head = root_.store().Snapshot()->FindHead("a");
    return head.ok() && head->has_value() && (*head)->latest.revision == 4;
  }));
  EXPECT_EQ(root_.store().Snapshot()->ListDuties()->size(), 1u);
}

TEST_F(EtcdEngineTest, AnEtcdBuiltAnewUnderTheOldIdIsNotTakenForTheOldOne) {
  const Epoch before = root_.BecomeRoot();
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(root_.Propose(MakePut("a", std::to_string(i))).ok());
  ASSERT_TRUE(AreEqual());
  root_.MoveTo(of_the_old_id_);
  ASSERT_EQ(ErrorReason(root_.replica().Seed(before).status()), "");
  ASSERT_TRUE(Eventually([&] { return root_.replica().tip().following; }));
  root_.BecomeRoot();
  // Beyond the revision that the sentinel has come to under the old etcd.
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(root_.Propose(MakePut("b", std::to_string(i))).ok());
  sentinel_.MoveTo(of_the_old_id_);
  ASSERT_TRUE(Eventually([&] {
    const auto head = sentinel_.store().Snapshot()->FindHead("b");
    return head.ok() && head->has_value() && (*head)->latest.revision == 39;
  }));
  EXPECT_EQ(sentinel_.store().Snapshot()->FindHead("a")->value().latest.revision, 9u);
}

// Its beats go on while etcd is away, so no sentinel would take its place.
TEST_F(EtcdEngineTest, ARootWhoseEtcdIsBuiltAnewIsToldThatNobodyIsRootAndMayClaimAnew) {
  const Epoch before = root_.BecomeRoot();
  // More revisions of etcd's than there will be after the rebuilding.
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(root_.Propose(MakePut("a", std::to_string(i))).ok());
  ASSERT_TRUE(AreEqual());
  rpc::testing::Inbox<RootClaim> told;
  root_.root_key().Subscribe([&](const RootClaim& claim) { told.Put(claim); });
  EXPECT_EQ(told.Take().epoch, before);
  etcd_.LoseEverything();
  const auto seeded = sentinel_.replica().Seed(before);
  ASSERT_TRUE(seeded.ok()) << seeded.status();
  const RootClaim nobody = told.Take();
  EXPECT_EQ(nobody.epoch, seeded->epoch_base);
  EXPECT_EQ(nobody.record, RootRecord());
  // It has not acted on that yet.
  EXPECT_EQ(ErrorReason(root_.Propose(MakePut("a", "lost")).status()), "NOT_ROOT");
  EXPECT_EQ(root_.deposed.Take(), before);
  const auto read = Await<RootClaim>([&](auto done) { root_.root_key().Read(std::move(done)); });
  EXPECT_EQ(read.value_or(RootClaim()), nobody);
  root_.root_key().Unsubscribe();
  EXPECT_GT(root_.BecomeRoot(nobody.epoch), nobody.epoch);
  const auto next = root_.Propose(MakePut("a", "next"));
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_TRUE(Eventually([&] {
    return sentinel_.store().Snapshot()->FindHead("a")->value().latest.revision == next->revision;
  }));
}

// A snapshot source that takes from another node's store.
class FromNode final : public SnapshotSource {
 public:
  explicit FromNode(EtcdNode& node) : node_(node) {}

  absl::StatusOr<ReplicaPosition> Fetch(const ReplicaPosition& wanted,
                                        SnapshotSink& sink) override {
    const auto reader = node_.store().Snapshot();
    const ReplicaPosition position = reader->ReadPosition()->value_or(ReplicaPosition{});
    if (position.filling || position.revision < wanted.revision) {
      return MakeError(absl::StatusCode::kUnavailable, "NO_SNAPSHOT", "not yet");
    }
    UNDERSTUDY_RETURN_IF_ERROR(sink.Begin());
    UNDERSTUDY_RETURN_IF_ERROR(
        ReadSnapshot(*reader, {}, [&](const VaultBatch& piece) { return sink.Add(piece); }));
    return position;
  }

 private:
  EtcdNode& node_;
};

// One node's snapshot, or else another's.
class FromEither final : public SnapshotSource {
 public:
  FromEither(EtcdNode& first, EtcdNode& second) : first_(first), second_(second) {}

  absl::StatusOr<ReplicaPosition> Fetch(const ReplicaPosition& wanted,
                                        SnapshotSink& sink) override {
    absl::StatusOr<ReplicaPosition> fetched = first_.Fetch(wanted, sink);
    return fetched.ok() ? fetched : second_.Fetch(wanted, sink);
  }

 private:
  FromNode first_;
  FromNode second_;
};

// Has no snapshot until its node's replica has been seen to follow.
class OnceFollowing final : public SnapshotSource {
 public:
  explicit OnceFollowing(EtcdNode& node) : node_(node), from_(node) {}

  absl::StatusOr<ReplicaPosition> Fetch(const ReplicaPosition& wanted,
                                        SnapshotSink& sink) override {
    if (asked_++ < 3 || !node_.replica().tip().following) {
      return MakeError(absl::StatusCode::kUnavailable, "NO_SNAPSHOT", "does not follow yet");
    }
    return from_.Fetch(wanted, sink);
  }

 private:
  EtcdNode& node_;
  FromNode from_;
  int asked_ = 0;
};

TEST_F(EtcdEngineTest, AReplicaThatHoldsWhatEtcdIsBuiltAnewFromKeepsItsHistoryByItself) {
  const Epoch before = root_.BecomeRoot();
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(root_.Propose(MakePut("a", std::to_string(i))).ok());
  ASSERT_TRUE(AreEqual());
  etcd_.LoseEverything();
  ASSERT_EQ(ErrorReason(root_.replica().Seed(before).status()), "");
  ASSERT_TRUE(Eventually([&] {
    const auto tip = sentinel_.replica().tip();
    return tip.following && tip.epoch_base > 0;
  }));
  EXPECT_EQ(sentinel_.store().Snapshot()->ListHistory("a", UINT64_MAX, 10)->size(), 9u);
  root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "next")).ok());
  EXPECT_TRUE(AreEqual());
}

// The vault that builds it follows it a moment later: the others filled themselves from etcd, and
// lost their history.
TEST_F(EtcdEngineTest, AReplicaThatIsBehindWhenEtcdIsBuiltAnewWaitsForOneThatHasTheHistory) {
  OnceFollowing source(root_);
  EtcdNode third(etcd_, "control-3", {.source = &source});
  const Epoch before = root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "0")).ok());
  ASSERT_TRUE(Eventually([&] { return third.Contents() == root_.Contents(); }));
  third.client().SetReachable(false);
  for (int i = 1; i < 9; ++i) ASSERT_TRUE(root_.Propose(MakePut("a", std::to_string(i))).ok());
  etcd_.LoseEverything();
  ASSERT_EQ(ErrorReason(root_.replica().Seed(before).status()), "");
  third.client().SetReachable(true);
  ASSERT_TRUE(Eventually([&] {
    const auto tip = third.replica().tip();
    return tip.following && tip.epoch_base > 0;
  }));
  EXPECT_EQ(third.store().Snapshot()->ListHistory("a", UINT64_MAX, 10)->size(), 9u);
}

// Found by the simulation of a whole site: two that were behind filled each other for ever.
TEST_F(EtcdEngineTest, AReplicaThatCompactionHasPassedTakesNoSnapshotThatItHasPassedToo) {
  EtcdNode stale(etcd_, "control-3");
  FromEither source(stale, root_);
  EtcdNode::Options options;
  options.source = &source;
  EtcdNode behind(etcd_, "control-4", options);
  const auto has = [](EtcdNode& node, Revision revision) {
    const auto found = node.store().Snapshot()->FindRevision("a", revision);
    return found.ok() && found->has_value();
  };
  root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  ASSERT_TRUE(Eventually([&] { return has(stale, 1) && has(behind, 1); }));
  stale.client().SetReachable(false);
  behind.client().SetReachable(false);
  ASSERT_TRUE(root_.Propose(MakePut("a", "2")).ok());
  ASSERT_TRUE(root_.Propose(MakePut("a", "3")).ok());
  ASSERT_TRUE(Await<Header>([&](auto done) {
                root_.client().Compact(etcd_.revision(), absl::Seconds(1), std::move(done));
              }).ok());
  behind.client().SetReachable(true);
  ASSERT_TRUE(Eventually([&] { return has(behind, 3); }));
  EXPECT_TRUE(has(behind, 2));
}

TEST_F(EtcdEngineTest, ARestoreReachesEveryReplicaWithItsHistoryAndLiftsTheEpoch) {
  FakeEtcd old_etcd(0x01D);
  EtcdNode old_root(old_etcd, "old-1");
  old_root.BecomeRoot();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(old_root.Propose(MakePut("a", std::to_string(i))).ok());
  MemoryBackup backup(*old_root.store().Snapshot(), 5000);

  FromNode source(root_);
  EtcdNode follower(etcd_, "control-3", {.source = &source});
  const Epoch before = root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("control/nodes", "here")).ok());
  rpc::testing::Inbox<RootClaim> claims;
  follower.root_key().Subscribe([&](const RootClaim& claim) { claims.Put(claim); });
  const auto restored = root_.engine().Restore(backup, {.kept_documents = {"control/nodes"}});
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_GT(restored->epoch, 5000u);
  EXPECT_GT(restored->epoch, before);
  EXPECT_TRUE(Eventually([&] { return follower.Contents() == root_.Contents(); }));
  EXPECT_EQ(follower.store().Snapshot()->ListHistory("a", UINT64_MAX, 9)->size(), 5u);
  EXPECT_TRUE(etcd_.Contents().contains("understudy/local/d/a"));
  EXPECT_FALSE(etcd_.Contents().contains("understudy/local/restoring"));
  RootClaim claim;
  while (claim.epoch < restored->epoch) claim = claims.Take();
  EXPECT_EQ(claim.epoch, restored->epoch);
  EXPECT_EQ(claim.record.node_id, "control-1");
  root_.engine().BeginReign(restored->epoch);
  const auto next = root_.Propose(MakePut("a", "next"));
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->revision, restored->counters.revision + 1);
  EXPECT_TRUE(Eventually([&] { return follower.Contents() == root_.Contents(); }));
}

// Has no snapshot until it is told so.
class WhenReleased final : public SnapshotSource {
 public:
  explicit WhenReleased(EtcdNode& node) : from_(node) {}
  void Release() { released_ = true; }
  bool asked() const { return asked_; }

  absl::StatusOr<ReplicaPosition> Fetch(const ReplicaPosition& wanted,
                                        SnapshotSink& sink) override {
    asked_ = true;
    if (released_) return from_.Fetch(wanted, sink);
    return MakeError(absl::StatusCode::kUnavailable, "NO_SNAPSHOT", "not yet");
  }

 private:
  FromNode from_;
  std::atomic<bool> released_ = false;
  std::atomic<bool> asked_ = false;
};

// The test before hung now and then: the follower had looked at the site before the restore, and
// told of epochs without what that had added.
TEST_F(EtcdEngineTest, AReplicaThatIsBeingFilledDuringARestoreKnowsTheNewEpochs) {
  const Epoch before = root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  MemoryBackup backup(*root_.store().Snapshot(), before + 5000);
  WhenReleased source(root_);
  EtcdNode follower(etcd_, "control-3", {.source = &source});
  ASSERT_TRUE(Eventually([&] { return source.asked(); }));
  const auto restored = root_.engine().Restore(backup, {.replace = true});
  ASSERT_TRUE(restored.ok()) << restored.status();
  source.Release();
  ASSERT_TRUE(Eventually([&] { return follower.replica().tip().following; }));
  rpc::testing::Inbox<RootClaim> claims;
  follower.root_key().Subscribe([&](const RootClaim& claim) { claims.Put(claim); });
  EXPECT_EQ(claims.Take().epoch, restored->epoch);
  follower.root_key().Unsubscribe();
}

TEST_F(EtcdEngineTest, ARestoreThatFailsLeavesWhatTheOthersHave) {
  FromNode source(sentinel_);
  EtcdNode third(etcd_, "control-3", {.source = &source});
  const Epoch epoch = third.BecomeRoot();
  ASSERT_TRUE(third.Propose(MakePut("a", "1")).ok());
  ASSERT_TRUE(Eventually([&] { return third.Contents() == sentinel_.Contents(); }));
  const std::string contents = third.Contents();
  MemoryBackup backup(*third.store().Snapshot(), epoch);
  EXPECT_EQ(ErrorReason(third.engine().Restore(backup, {}).status()), "NOT_EMPTY");
  backup.Fail(MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR", "broken"));
  EXPECT_EQ(ErrorReason(third.engine().Restore(backup, {.replace = true}).status()), "DISK_ERROR");
  // Nothing is decided on half a vault.
  EXPECT_EQ(third.deposed.Take(), epoch);
  EXPECT_EQ(ErrorReason(third.Propose(MakePut("a", "2")).status()), "NOT_ROOT");
  EXPECT_TRUE(Eventually([&] { return third.Contents() == contents; }));
  EXPECT_EQ(ErrorReason(sentinel_.engine().Restore(backup, {.replace = true}).status()),
            "NOT_ROOT");
}

TEST_F(EtcdEngineTest, AnotherSitesEtcdDoesNotCostAReplicaItsData) {
  root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  ASSERT_TRUE(AreEqual());
  FakeEtcd other(0xBAD);
  EtcdNode stranger(other, "control-9");
  stranger.BecomeRoot();
  ASSERT_TRUE(stranger.Propose(MakePut("b", "1")).ok());
  const std::string before = stranger.Contents();
  // The stranger's store under this site's etcd.
  ChangeFeed feed(1, 16);
  const SystemClock clock;
  Replica confused({.retry_interval = absl::Milliseconds(1)}, root_.client(), stranger.store(),
                   feed, clock, nullptr, stranger);
  while (stranger.following.size() > 0) (void)stranger.following.Take();
  ASSERT_TRUE(confused.Start().ok());
  EXPECT_EQ(ErrorReason(stranger.following.Take()), "OTHER_DATA");
  confused.Stop();
  EXPECT_EQ(stranger.Contents(), before);
}

TEST_F(EtcdEngineTest, AFullDiskOfTheRootHoldsUpNobodyWhoWasAcknowledged) {
  root_.BecomeRoot();
  ASSERT_TRUE(root_.Propose(MakePut("a", "1")).ok());
  root_.store().SetFailure(MakeError(absl::StatusCode::kResourceExhausted, "DISK_FULL", "full"));
  EXPECT_TRUE(root_.Propose(MakePut("a", "2")).ok());
  EXPECT_EQ(ErrorReason(root_.Propose(MakePut("a", "3")).status()), "DISK_ERROR");
  root_.store().SetFailure(absl::OkStatus());
  EXPECT_TRUE(Eventually([&] { return root_.Propose(MakePut("a", "4")).ok(); }));
  EXPECT_TRUE(AreEqual());
}

}  // namespace
}  // namespace understudy::config_vault::etcd
