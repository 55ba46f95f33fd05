#include "services/config_vault/embedded_engine.h"

#include <gtest/gtest.h>

#include <memory>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "common/status/status.h"
#include "common/time/simulated_clock.h"
#include "services/config_vault/restore/testing/memory_backup.h"
#include "services/config_vault/testing/memory_vault_store.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault {
namespace {

class RecordingObserver final : public EngineObserver {
 public:
  void OnCommitted(size_t commands, absl::Duration, const Counters&) override {
    absl::MutexLock lock(&mutex_);
    batches_.push_back(commands);
  }
  void OnDiskState(const absl::Status& state) override {
    absl::MutexLock lock(&mutex_);
    disk_.push_back(state);
  }
  std::vector<size_t> batches() const {
    absl::MutexLock lock(&mutex_);
    return batches_;
  }
  absl::Status last_disk_state() const {
    absl::MutexLock lock(&mutex_);
    return disk_.empty() ? absl::OkStatus() : disk_.back();
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<size_t> batches_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Status> disk_ ABSL_GUARDED_BY(mutex_);
};

// Holds commits up until it is opened.
class Gate {
 public:
  explicit Gate(MemoryVaultStore& store) {
    store.OnCommit([this] {
      if (!reached_.HasBeenNotified()) reached_.Notify();
      open_.WaitForNotification();
    });
  }
  void AwaitCommit() { reached_.WaitForNotification(); }
  void Open() { open_.Notify(); }

 private:
  absl::Notification reached_;
  absl::Notification open_;
};

class EmbeddedEngineTest : public ::testing::Test {
 protected:
  void Start(EmbeddedEngineOptions options = {}) {
    auto engine = EmbeddedEngine::Start(options, clock_, store_, feed_, observer_);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }
  absl::StatusOr<Outcome> Run(Command command) {
    absl::Notification done;
    absl::StatusOr<Outcome> result;
    engine_->Propose(std::move(command), [&](absl::StatusOr<Outcome> outcome) {
      result = std::move(outcome);
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }
  Revision StoredRevision() { return store_.Snapshot()->ReadCounters()->revision; }

  SimulatedClock clock_;
  MemoryVaultStore store_;
  ChangeFeed feed_{0, 100};
  RecordingObserver observer_;
  std::unique_ptr<EmbeddedEngine> engine_;
};

absl::Status DiskError() {
  return MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR", "the disk is gone");
}

TEST_F(EmbeddedEngineTest, EachStartTakesANewEpoch) {
  Start();
  EXPECT_EQ(engine_->epoch(), 1u);
  engine_.reset();
  Start();
  EXPECT_EQ(engine_->epoch(), 2u);
}

TEST_F(EmbeddedEngineTest, WritesOfAnEarlierStartAreStale) {
  Start();
  engine_.reset();
  Start();
  EXPECT_EQ(ErrorReason(Run(PutStation{MakeStation("gate-1"), 1}).status()), "STALE_EPOCH");
  EXPECT_TRUE(Run(PutStation{MakeStation("gate-1"), 2}).ok());
}

TEST_F(EmbeddedEngineTest, AnswersAfterTheStoreHasIt) {
  Start();
  Revision stored = 0;
  absl::Notification done;
  engine_->Propose(MakePut("a", "1"), [&](absl::StatusOr<Outcome>) {
    stored = StoredRevision();
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_EQ(stored, 1u);
}

TEST_F(EmbeddedEngineTest, DoesNotAnswerWhileTheStoreWrites) {
  Start();
  Gate gate(store_);
  absl::Notification done;
  engine_->Propose(MakePut("a", "1"), [&](absl::StatusOr<Outcome>) { done.Notify(); });
  gate.AwaitCommit();
  EXPECT_FALSE(done.HasBeenNotified());
  EXPECT_EQ(feed_.revision(), 0u);
  gate.Open();
  done.WaitForNotification();
  EXPECT_EQ(feed_.revision(), 1u);
}

TEST_F(EmbeddedEngineTest, CommandsThatWaitTogetherAreOneWrite) {
  Start();
  Gate gate(store_);
  absl::BlockingCounter done(21);
  const auto count = [&](absl::StatusOr<Outcome> outcome) {
    EXPECT_TRUE(outcome.ok());
    done.DecrementCount();
  };
  engine_->Propose(MakePut("first", "1"), count);
  gate.AwaitCommit();
  for (int i = 0; i < 20; ++i) engine_->Propose(MakePut("a", std::to_string(i)), count);
  gate.Open();
  done.Wait();
  EXPECT_EQ(observer_.batches(), (std::vector<size_t>{1, 20}));
  EXPECT_EQ(StoredRevision(), 21u);
}

TEST_F(EmbeddedEngineTest, ABatchHasALimit) {
  EmbeddedEngineOptions options;
  options.limits.max_batch_commands = 8;
  Start(options);
  Gate gate(store_);
  absl::BlockingCounter done(21);
  const auto count = [&](absl::StatusOr<Outcome>) { done.DecrementCount(); };
  engine_->Propose(MakePut("first", "1"), count);
  gate.AwaitCommit();
  for (int i = 0; i < 20; ++i) engine_->Propose(MakePut("a", std::to_string(i)), count);
  gate.Open();
  done.Wait();
  EXPECT_EQ(observer_.batches(), (std::vector<size_t>{1, 8, 8, 4}));
}

TEST_F(EmbeddedEngineTest, ARefusedCommandDoesNotHinderItsNeighbours) {
  Start();
  PutDocument wrong = MakePut("a", "1");
  wrong.write.expected_revision = 9;
  EXPECT_EQ(ErrorReason(Run(wrong).status()), "REVISION_MISMATCH");
  EXPECT_TRUE(observer_.batches().empty());
  EXPECT_TRUE(Run(MakePut("a", "1")).ok());
}

TEST_F(EmbeddedEngineTest, RefusesWhatIsOverTheLimitOfWaitingCommands) {
  EmbeddedEngineOptions options;
  options.limits.max_waiting_commands = 2;
  Start(options);
  Gate gate(store_);
  absl::BlockingCounter done(3);
  const auto count = [&](absl::StatusOr<Outcome>) { done.DecrementCount(); };
  engine_->Propose(MakePut("a", "1"), count);
  gate.AwaitCommit();
  engine_->Propose(MakePut("a", "2"), count);
  engine_->Propose(MakePut("a", "3"), count);
  const absl::Status status = Run(MakePut("a", "4")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(status), "OVERLOADED");
  gate.Open();
  done.Wait();
}

TEST_F(EmbeddedEngineTest, RefusesWhatIsOverTheLimitOfWaitingBytes) {
  EmbeddedEngineOptions options;
  options.limits.max_waiting_bytes = 10'000;
  Start(options);
  EXPECT_EQ(ErrorReason(Run(MakePut("a", std::string(10'000, 'x'))).status()), "OVERLOADED");
  EXPECT_TRUE(Run(MakePut("a", std::string(1000, 'x'))).ok());
}

TEST_F(EmbeddedEngineTest, AFailedWriteFailsTheWholeBatchAndLeavesNoTrace) {
  Start();
  Gate gate(store_);
  absl::BlockingCounter done(3);
  std::vector<absl::Status> statuses;
  const auto note = [&](absl::StatusOr<Outcome> outcome) {
    statuses.push_back(outcome.status());
    done.DecrementCount();
  };
  engine_->Propose(MakePut("a", "1"), note);
  gate.AwaitCommit();
  store_.SetFailure(DiskError());
  engine_->Propose(MakePut("a", "2"), note);
  engine_->Propose(MakeDelete("nothing"), note);
  gate.Open();
  done.Wait();
  for (const absl::Status& status : statuses) EXPECT_EQ(ErrorReason(status), "DISK_ERROR");
  EXPECT_EQ(StoredRevision(), 0u);
  EXPECT_EQ(feed_.revision(), 0u);
  EXPECT_EQ(ErrorReason(observer_.last_disk_state()), "DISK_ERROR");
}

TEST_F(EmbeddedEngineTest, AfterAFailedWriteOthersAreRefusedAtOnceUntilTheDiskRecovers) {
  Start();
  store_.SetFailure(DiskError());
  EXPECT_FALSE(Run(MakePut("a", "1")).ok());
  store_.SetFailure(absl::OkStatus());
  const absl::Status refused = Run(MakePut("a", "1")).status();
  EXPECT_EQ(ErrorReason(refused), "DISK_ERROR");
  EXPECT_NE(refused.message().find("refused since"), std::string::npos) << refused;
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(Run(MakePut("a", "1")).ok());
  EXPECT_TRUE(observer_.last_disk_state().ok());
  EXPECT_EQ(StoredRevision(), 1u);
}

TEST_F(EmbeddedEngineTest, ARestoreTakesAnEpochAboveAllThatWere) {
  Start();
  ASSERT_TRUE(Run(MakePut("a", "1")).ok());
  ASSERT_TRUE(Run(MakePut("a", "2")).ok());
  MemoryBackup backup(*store_.Snapshot(), 70);
  EXPECT_EQ(ErrorReason(engine_->Restore(backup, {}).status()), "NOT_EMPTY");
  ASSERT_TRUE(Run(MakePut("a", "3")).ok());
  const auto restored = engine_->Restore(backup, {.replace = true});
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->epoch, 71u);
  EXPECT_EQ(engine_->epoch(), 71u);
  EXPECT_FALSE(store_.Snapshot()->ReadPosition()->has_value());
  EXPECT_EQ(Run(MakePut("a", "4"))->revision, 5u);
}

TEST_F(EmbeddedEngineTest, ARestoreThatFailsOnItsWayLeavesAnEmptyVaultThatTakesWrites) {
  Start();
  ASSERT_TRUE(Run(MakePut("a", "1")).ok());
  MemoryBackup backup(*store_.Snapshot(), 70);
  backup.Fail(MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR", "broken"));
  EXPECT_EQ(ErrorReason(engine_->Restore(backup, {.replace = true}).status()), "DISK_ERROR");
  EXPECT_FALSE(store_.Snapshot()->FindHead("a")->has_value());
  EXPECT_FALSE(store_.Snapshot()->ReadPosition()->has_value());
  EXPECT_EQ(Run(MakePut("b", "1"))->revision, 2u);
}

TEST_F(EmbeddedEngineTest, PublishesChangesOfDocumentsInTheirOrder) {
  Start();
  ASSERT_TRUE(Run(MakePut("a", "1")).ok());
  ASSERT_TRUE(Run(PutStation{MakeStation("gate-1"), 1}).ok());
  ASSERT_TRUE(Run(MakeDelete("a")).ok());
  const auto recent = feed_.ReadRecent(0, 10);
  ASSERT_EQ(recent->changes.size(), 2u);
  EXPECT_EQ(recent->changes[0].revision, 1u);
  EXPECT_EQ(recent->changes[1].revision, 3u);
  EXPECT_EQ(recent->up_to, 3u);
}

TEST_F(EmbeddedEngineTest, FinishesWhatWaitsWhenItStopsAndRefusesWhatComesLater) {
  Start();
  Gate gate(store_);
  absl::BlockingCounter done(2);
  const auto count = [&](absl::StatusOr<Outcome> outcome) {
    EXPECT_TRUE(outcome.ok());
    done.DecrementCount();
  };
  engine_->Propose(MakePut("a", "1"), count);
  gate.AwaitCommit();
  engine_->Propose(MakePut("a", "2"), count);
  gate.Open();
  engine_->Stop();
  done.Wait();
  EXPECT_EQ(ErrorReason(Run(MakePut("a", "3")).status()), "SHUTTING_DOWN");
}

TEST_F(EmbeddedEngineTest, AStoreThatCannotTakeAnEpochStopsTheStart) {
  store_.SetFailure(DiskError());
  EXPECT_EQ(ErrorReason(EmbeddedEngine::Start({}, clock_, store_, feed_, observer_).status()),
            "DISK_ERROR");
}

}  // namespace
}  // namespace understudy::config_vault
