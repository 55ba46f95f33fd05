#include "common/group_commit/group_commit.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "common/status/status.h"
#include "common/time/simulated_clock.h"

namespace understudy {
namespace {

absl::Status DiskError() {
  return MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR", "the disk is gone");
}

// Stores strings; the outcome is how many were stored before. A commit can be held up.
class FakeTarget final : public CommitTarget<std::string, size_t> {
 public:
  absl::Status Commit(std::vector<std::string> commands,
                      std::vector<absl::StatusOr<size_t>>& outcomes) override {
    absl::MutexLock lock(&mutex_);
    reached_ = true;
    changed_.SignalAll();
    while (held_) changed_.Wait(&mutex_);
    if (!failure_.ok()) return failure_;
    for (std::string& command : commands) {
      outcomes.push_back(stored_.size());
      stored_.push_back(std::move(command));
    }
    batches_.push_back(commands.size());
    return absl::OkStatus();
  }
  absl::Status Recover() override {
    absl::MutexLock lock(&mutex_);
    return failure_;
  }
  void OnDiskState(const absl::Status& state) override {
    absl::MutexLock lock(&mutex_);
    disk_ = state;
  }

  void Hold() {
    absl::MutexLock lock(&mutex_);
    held_ = true;
    reached_ = false;
  }
  void AwaitCommit() {
    absl::MutexLock lock(&mutex_);
    while (!reached_) changed_.Wait(&mutex_);
  }
  void Release() {
    absl::MutexLock lock(&mutex_);
    held_ = false;
    changed_.SignalAll();
  }
  void SetFailure(const absl::Status& failure) {
    absl::MutexLock lock(&mutex_);
    failure_ = failure;
  }
  std::vector<size_t> batches() {
    absl::MutexLock lock(&mutex_);
    return batches_;
  }
  size_t stored() {
    absl::MutexLock lock(&mutex_);
    return stored_.size();
  }
  absl::Status disk() {
    absl::MutexLock lock(&mutex_);
    return disk_;
  }

 private:
  absl::Mutex mutex_;
  absl::CondVar changed_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  bool reached_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  absl::Status disk_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> stored_ ABSL_GUARDED_BY(mutex_);
  std::vector<size_t> batches_ ABSL_GUARDED_BY(mutex_);
};

class GroupCommitTest : public ::testing::Test {
 protected:
  void Start(const GroupCommitLimits& limits = {}) {
    commit_.emplace(limits, clock_, "test-write", "the test", target_);
  }
  absl::StatusOr<size_t> Run(const std::string& command) {
    absl::StatusOr<size_t> result = absl::UnknownError("not called");
    absl::Notification done;
    commit_->Propose(command, command.size(), [&](absl::StatusOr<size_t> outcome) {
      result = outcome;
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }

  SimulatedClock clock_;
  FakeTarget target_;
  std::optional<GroupCommit<std::string, size_t>> commit_;
};

TEST_F(GroupCommitTest, NobodyIsToldBeforeItIsStored) {
  Start();
  target_.Hold();
  absl::Notification done;
  commit_->Propose("a", 1, [&](absl::StatusOr<size_t>) { done.Notify(); });
  target_.AwaitCommit();
  EXPECT_FALSE(done.HasBeenNotified());
  target_.Release();
  done.WaitForNotification();
  EXPECT_EQ(target_.stored(), 1u);
}

TEST_F(GroupCommitTest, WhatWaitsIsOneCommitInItsOrderUpToTheLimit) {
  Start({.max_batch_commands = 8});
  target_.Hold();
  absl::BlockingCounter done(11);
  std::vector<size_t> outcomes;
  for (int i = 0; i < 11; ++i) {
    commit_->Propose("x", 1, [&](absl::StatusOr<size_t> outcome) {
      outcomes.push_back(*outcome);
      done.DecrementCount();
    });
    if (i == 0) target_.AwaitCommit();
  }
  target_.Release();
  done.Wait();
  EXPECT_EQ(target_.batches(), (std::vector<size_t>{1, 8, 2}));
  EXPECT_EQ(outcomes, (std::vector<size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST_F(GroupCommitTest, ABatchIsBoundedInBytesButTakesOneThatIsLarger) {
  Start({.max_batch_bytes = 10});
  target_.Hold();
  absl::BlockingCounter done(4);
  const auto count = [&](absl::StatusOr<size_t>) { done.DecrementCount(); };
  commit_->Propose("first", 1, count);
  target_.AwaitCommit();
  commit_->Propose("large", 20, count);
  commit_->Propose("small", 5, count);
  commit_->Propose("small", 5, count);
  target_.Release();
  done.Wait();
  EXPECT_EQ(target_.batches(), (std::vector<size_t>{1, 1, 2}));
}

TEST_F(GroupCommitTest, MoreThanMayWaitIsRefusedAtOnce) {
  Start({.max_waiting_commands = 2, .max_waiting_bytes = 10});
  target_.Hold();
  absl::BlockingCounter done(3);
  const auto count = [&](absl::StatusOr<size_t>) { done.DecrementCount(); };
  commit_->Propose("first", 1, count);
  target_.AwaitCommit();
  EXPECT_EQ(ErrorReason(Run("eleven bytes").status()), "OVERLOADED");
  commit_->Propose("a", 1, count);
  commit_->Propose("b", 1, count);
  EXPECT_EQ(ErrorReason(Run("c").status()), "OVERLOADED");
  target_.Release();
  done.Wait();
  EXPECT_TRUE(Run("c").ok());
}

TEST_F(GroupCommitTest, AfterAFailureAllIsRefusedAtOnceUntilTheTargetRecovers) {
  Start();
  target_.SetFailure(DiskError());
  EXPECT_EQ(ErrorReason(Run("a").status()), "DISK_ERROR");
  EXPECT_EQ(ErrorReason(target_.disk()), "DISK_ERROR");
  target_.SetFailure(absl::OkStatus());
  const absl::Status refused = Run("b").status();
  EXPECT_NE(refused.message().find("refused since"), absl::string_view::npos) << refused;
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(*Run("c"), 0u);
  EXPECT_TRUE(target_.disk().ok());
}

TEST_F(GroupCommitTest, StoppingFinishesWhatWaitsAndRefusesWhatComesLater) {
  Start();
  target_.Hold();
  absl::BlockingCounter done(2);
  const auto count = [&](absl::StatusOr<size_t> outcome) {
    EXPECT_TRUE(outcome.ok());
    done.DecrementCount();
  };
  commit_->Propose("a", 1, count);
  target_.AwaitCommit();
  commit_->Propose("b", 1, count);
  target_.Release();
  commit_->Stop();
  done.Wait();
  const absl::Status late = Run("c").status();
  EXPECT_EQ(ErrorReason(late), "SHUTTING_DOWN");
  EXPECT_EQ(late.message(), "the test is shutting down");
}

}  // namespace
}  // namespace understudy
