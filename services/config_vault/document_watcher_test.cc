#include "services/config_vault/document_watcher.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "absl/synchronization/notification.h"
#include "common/status/status.h"
#include "common/time/simulated_clock.h"
#include "services/config_vault/testing/memory_vault_store.h"
#include "services/config_vault/testing/vault_harness.h"

namespace understudy::config_vault {
namespace {

// Keeps what was sent; `capacity` messages at most until the test takes them out.
class FakeSink final : public WatchSink {
 public:
  explicit FakeSink(size_t capacity) : capacity_(capacity) {}

  bool Send(v1::WatchResponse response) override {
    absl::MutexLock lock(&mutex_);
    if (!open_) return false;
    EXPECT_LT(queue_.size(), capacity_) << "the watcher overran its sink";
    queue_.push_back(std::move(response));
    changed_.Signal();
    return true;
  }
  size_t queue_length() const override {
    absl::MutexLock lock(&mutex_);
    return queue_.size();
  }
  void Finish(const absl::Status& status) override {
    absl::MutexLock lock(&mutex_);
    if (!open_) return;
    open_ = false;
    status_ = status;
    changed_.Signal();
  }
  void Close() { Finish(absl::CancelledError("gone")); }

  v1::WatchResponse Next() {
    absl::MutexLock lock(&mutex_);
    while (queue_.empty()) changed_.Wait(&mutex_);
    v1::WatchResponse response = std::move(queue_.front());
    queue_.pop_front();
    return response;
  }
  // In short: "a@3", "a@4 deleted", "synced 4".
  std::string NextText() {
    const v1::WatchResponse response = Next();
    if (response.has_synced_revision()) {
      return "synced " + std::to_string(response.synced_revision());
    }
    const v1::DocumentInfo& info = response.changed();
    return info.name() + "@" + std::to_string(info.revision()) + (info.deleted() ? " deleted" : "");
  }
  absl::Status AwaitEnd() {
    absl::MutexLock lock(&mutex_);
    while (open_) changed_.Wait(&mutex_);
    return status_;
  }

 private:
  const size_t capacity_;
  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  std::deque<v1::WatchResponse> queue_ ABSL_GUARDED_BY(mutex_);
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

class DocumentWatcherTest : public ::testing::Test {
 protected:
  ~DocumentWatcherTest() override { pool_.Stop(); }

  // Writes and tells the feed, as the engine does.
  void Write(Command command) {
    const Revision before = vault_.Read()->ReadCounters()->revision;
    ASSERT_TRUE(vault_.Apply(std::move(command)).ok());
    const auto reader = vault_.Read();
    feed_.Publish(*reader->ListChanges(before, 10), reader->ReadCounters()->revision);
  }

  std::shared_ptr<DocumentWatcher> Watch(const v1::WatchRequest& request) {
    auto watcher = std::make_shared<DocumentWatcher>(
        DocumentWatcher::Vault{vault_.store(), feed_, pool_, clock_}, options_, request, sink_);
    feed_.Subscribe([watcher] { watcher->Wake(); });
    watcher->Wake();
    return watcher;
  }
  static v1::WatchRequest After(Revision revision, std::string prefix = "") {
    v1::WatchRequest request;
    request.set_after_revision(revision);
    request.set_prefix(std::move(prefix));
    return request;
  }
  static v1::WatchRequest Snapshot(std::string prefix = "") {
    v1::WatchRequest request;
    request.set_snapshot(true);
    request.set_prefix(std::move(prefix));
    return request;
  }
  // Until the pool has done what it has been given.
  void Flush() {
    absl::Notification done;
    pool_.Post([&] { done.Notify(); });
    done.WaitForNotification();
  }
  void ExpectNext(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) ASSERT_EQ(sink_->NextText(), text);
  }

  SimulatedClock clock_;
  VaultHarness vault_{std::make_unique<MemoryVaultStore>()};
  // Keeps so little that most of history must be read from the store.
  ChangeFeed feed_{0, 4};
  WatcherOptions options_{.high_water = 16, .quiet_writes = 3};
  std::shared_ptr<FakeSink> sink_ = std::make_shared<FakeSink>(16 + 128);
  // Last: its tasks use the others.
  WorkerPool pool_{{.threads = 1}};
};

TEST_F(DocumentWatcherTest, SendsHistoryThenSaysItIsSyncedThenLiveChanges) {
  Write(MakePut("a", "1"));
  Write(MakePut("b", "1"));
  Write(MakeDelete("a"));
  Watch(After(0));
  ExpectNext({"a@1", "b@2", "a@3 deleted", "synced 3"});
  Write(MakePut("a", "2"));
  ExpectNext({"a@4"});
}

TEST_F(DocumentWatcherTest, ResumesAfterTheRevisionItIsTold) {
  for (int i = 0; i < 5; ++i) Write(MakePut("a", std::to_string(i)));
  Watch(After(3));
  ExpectNext({"a@4", "a@5", "synced 5"});
}

TEST_F(DocumentWatcherTest, BeginsWithTheLatestStateWhenASnapshotIsAskedFor) {
  Write(MakePut("b", "1"));
  Write(MakePut("a", "1"));
  Write(MakePut("b", "2"));
  Write(MakePut("gone", "1"));
  Write(MakeDelete("gone"));
  Watch(Snapshot());
  ExpectNext({"a@2", "b@3", "synced 5"});
  Write(MakeDelete("b"));
  ExpectNext({"b@6 deleted"});
}

TEST_F(DocumentWatcherTest, SendsOnlyNamesWithThePrefix) {
  Write(MakePut("duties/d1", "1"));
  Write(MakePut("other", "1"));
  Watch(After(0, "duties/"));
  ExpectNext({"duties/d1@1", "synced 2"});
  Write(MakePut("other", "2"));
  Write(MakePut("duties/d2", "1"));
  ExpectNext({"duties/d2@4"});
}

TEST_F(DocumentWatcherTest, TellsAQuietWatcherNowAndThenHowFarItIs) {
  Watch(After(0, "duties/"));
  ExpectNext({"synced 0"});
  for (int i = 0; i < 3; ++i) Write(MakePut("other", std::to_string(i)));
  ExpectNext({"synced 3"});
}

TEST_F(DocumentWatcherTest, RefusesARevisionThatIsYetToCome) {
  Watch(After(7));
  const absl::Status status = sink_->AwaitEnd();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(status), "REVISION_AHEAD");
}

TEST_F(DocumentWatcherTest, FeedsALongHistoryInPiecesWithoutGapOrRepetition) {
  constexpr int kWrites = 1000;
  for (int i = 1; i <= kWrites; ++i) Write(MakePut("a", std::to_string(i)));
  const auto watcher = Watch(After(0));
  for (int i = 1; i <= kWrites; ++i) {
    ASSERT_EQ(sink_->NextText(), "a@" + std::to_string(i));
    if (sink_->queue_length() == 0) watcher->Wake();
  }
  ExpectNext({"synced 1000"});
}

TEST_F(DocumentWatcherTest, MissesNothingThatIsWrittenWhileHistoryIsReplayed) {
  for (int i = 1; i <= 300; ++i) Write(MakePut("a", std::to_string(i)));
  const auto watcher = Watch(After(0));
  Revision expected = 1;
  int written = 300;
  while (expected <= 600) {
    const v1::WatchResponse response = sink_->Next();
    if (response.has_changed()) {
      ASSERT_EQ(response.changed().revision(), expected);
      ++expected;
    }
    if (written < 600) Write(MakePut("a", std::to_string(++written)));
    if (sink_->queue_length() == 0) watcher->Wake();
  }
}

TEST_F(DocumentWatcherTest, EndsAReaderThatStallsWhileThereIsMore) {
  for (int i = 1; i <= 400; ++i) Write(MakePut("a", std::to_string(i)));
  Watch(After(0));
  Flush();
  EXPECT_GE(sink_->queue_length(), 16u);
  Write(MakePut("a", "more"));
  Flush();
  clock_.Advance(absl::Seconds(31));
  Write(MakePut("a", "and more"));
  const absl::Status status = sink_->AwaitEnd();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(status), "WATCH_TOO_SLOW");
}

TEST_F(DocumentWatcherTest, StopsWhenTheReaderIsGone) {
  Watch(After(0));
  ExpectNext({"synced 0"});
  sink_->Close();
  Write(MakePut("a", "1"));
  Write(MakePut("a", "2"));
  Flush();
  EXPECT_EQ(sink_->queue_length(), 0u);
}

}  // namespace
}  // namespace understudy::config_vault
