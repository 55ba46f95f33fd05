#include "services/checkpoint_store/checkpoint_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/status/status.h"
#include "common/time/simulated_clock.h"
#include "services/checkpoint_store/testing/checkpoint_harness.h"
#include "services/checkpoint_store/testing/memory_checkpoint_store.h"

namespace understudy::checkpoint_store {
namespace {

class RecordingObserver final : public EngineObserver {
 public:
  void OnCommitted(size_t commands, absl::Duration, const CheckpointBatch&,
                   const std::vector<Event>& batch_events) override {
    ++commits;
    last_commands = commands;
    events += batch_events.size();
  }
  void OnReloaded() override { ++reloads; }
  void OnDiskState(const absl::Status& state) override { disk_ok = state.ok(); }

  std::atomic<int> commits = 0;
  std::atomic<size_t> last_commands = 0;
  std::atomic<size_t> events = 0;
  std::atomic<int> reloads = 0;
  std::atomic<bool> disk_ok = true;
};

class CheckpointEngineTest : public ::testing::Test {
 protected:
  void Start(EngineOptions options = {}) {
    engine_ =
        *CheckpointEngine::Start(options, clock_, store_, directory_, source_, observer_);
  }
  absl::StatusOr<Outcome> Propose(Command command) {
    absl::StatusOr<Outcome> result;
    absl::Notification done;
    engine_->Propose(std::move(command), [&](absl::StatusOr<Outcome> outcome) {
      result = std::move(outcome);
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }
  Enrol EnrolOf(const std::string& id) { return MakeEnrol(MakeIdentifier(id), id, "content"); }

  SimulatedClock clock_;
  MemoryCheckpointStore store_;
  SharedDirectory directory_{HashKey{1}};
  SeededIdentifierSource source_{1};
  RecordingObserver observer_;
  std::unique_ptr<CheckpointEngine> engine_;
};

TEST_F(CheckpointEngineTest, WhatIsAnsweredIsStoredAndInTheDirectory) {
  Start();
  ASSERT_TRUE(Propose(EnrolOf("a")).ok());
  EXPECT_EQ(directory_.With([](const DeviceDirectory& all) { return all.size(); }), 1u);
  EXPECT_EQ(store_.content_count(), 1u);
  EXPECT_EQ(observer_.events, 1u);
}

TEST_F(CheckpointEngineTest, WhatWaitsWhileTheDiskIsBusyIsWrittenTogether) {
  Start();
  absl::Notification writing;
  absl::Notification go_on;
  std::atomic<int> calls = 0;
  store_.OnCommit([&] {
    if (calls++ > 0) return;
    writing.Notify();
    go_on.WaitForNotification();
  });
  engine_->Propose(EnrolOf("a"), [](absl::StatusOr<Outcome>) {});
  writing.WaitForNotification();
  for (const char* id : {"b", "c", "d"}) {
    engine_->Propose(EnrolOf(id), [](absl::StatusOr<Outcome>) {});
  }
  go_on.Notify();
  engine_->Stop();
  EXPECT_EQ(observer_.commits, 2);
  EXPECT_EQ(observer_.last_commands, 3u);
}

TEST_F(CheckpointEngineTest, MoreThanMayWaitIsRefused) {
  Start({.limits = {.max_waiting_commands = 1}});
  absl::Notification writing;
  absl::Notification go_on;
  std::atomic<int> calls = 0;
  store_.OnCommit([&] {
    if (calls++ > 0) return;
    writing.Notify();
    go_on.WaitForNotification();
  });
  engine_->Propose(EnrolOf("a"), [](absl::StatusOr<Outcome>) {});
  writing.WaitForNotification();
  engine_->Propose(EnrolOf("b"), [](absl::StatusOr<Outcome>) {});
  EXPECT_EQ(ErrorReason(Propose(EnrolOf("c")).status()), "OVERLOADED");
  go_on.Notify();
  engine_->Stop();
}

TEST_F(CheckpointEngineTest, AFailingDiskRefusesWritesAndRecoversWithWhatIsOnIt) {
  Start();
  ASSERT_TRUE(Propose(EnrolOf("a")).ok());
  store_.SetFailure(MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR", "broken"));
  EXPECT_EQ(ErrorReason(Propose(EnrolOf("b")).status()), "DISK_ERROR");
  EXPECT_FALSE(observer_.disk_ok);
  EXPECT_EQ(ErrorReason(Propose(EnrolOf("b")).status()), "DISK_ERROR");
  EXPECT_EQ(directory_.With([](const DeviceDirectory& all) { return all.size(); }), 1u);
  store_.SetFailure(absl::OkStatus());
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(Propose(EnrolOf("b")).ok());
  EXPECT_TRUE(observer_.disk_ok);
  EXPECT_EQ(observer_.reloads, 2);
}

TEST_F(CheckpointEngineTest, AfterStoppingEverythingIsRefused) {
  Start();
  engine_->Stop();
  EXPECT_EQ(ErrorReason(Propose(EnrolOf("a")).status()), "SHUTTING_DOWN");
}

}  // namespace
}  // namespace understudy::checkpoint_store
