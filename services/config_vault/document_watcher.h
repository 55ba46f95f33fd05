#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_WATCHER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_WATCHER_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "services/config_vault/change_feed.h"
#include "services/config_vault/vault_store.h"
#include "services/config_vault/worker_pool.h"
#include "understudy/config_vault/v1/documents.pb.h"

namespace understudy::config_vault {

// Where a watcher sends: a stream, or a test's list. Thread-safe.
class WatchSink {
 public:
  virtual ~WatchSink() = default;
  // False when the stream is over.
  virtual bool Send(v1::WatchResponse response) = 0;
  virtual size_t queue_length() const = 0;
  virtual void Finish(const absl::Status& status) = 0;
};

struct WatcherOptions {
  // It sends until so many messages wait in the sink, which must hold twice as many, and goes on
  // when the sink has run empty.
  size_t high_water = 256;
  // A reader that takes nothing for so long, while there is more for it, is ended with
  // WATCH_TOO_SLOW.
  absl::Duration stall_limit = absl::Seconds(30);
  // A watcher that none of so many writes concerned is sent a `synced_revision`.
  Revision quiet_writes = 256;
};

// One Watch call: walks through the log of changes from its own place, as fast as the sink takes
// them, and never holds more than one piece of it. Snapshot, history and live changes are one walk,
// so nothing is lost or sent twice between them. Works on the pool, one task at a time.
class DocumentWatcher : public std::enable_shared_from_this<DocumentWatcher> {
 public:
  // What all watchers share; must outlive them.
  struct Vault {
    const VaultStore& store;
    ChangeFeed& feed;
    WorkerPool& pool;
    const Clock& clock;
  };

  DocumentWatcher(const Vault& vault, const WatcherOptions& options,
                  const v1::WatchRequest& request, std::shared_ptr<WatchSink> sink);

  // Begins, or goes on: when there are new changes, or when the sink has run empty. From any
  // thread.
  void Wake();

 private:
  enum class Step { kMore, kIdle, kOver };

  void Work();
  // Sends the next piece.
  absl::StatusOr<Step> SendNext();
  absl::StatusOr<Step> SendSnapshot();
  absl::StatusOr<Step> SendChanges();
  absl::StatusOr<ChangeFeed::Recent> ReadChanges() const;
  // Sends the changes that concern this watcher.
  bool SendAll(const std::vector<DocumentInfo>& infos);
  bool SendSynced();
  bool HasRoom();
  absl::Status Stalled(size_t waiting) const;

  const Vault vault_;
  const WatcherOptions options_;
  const std::string prefix_;
  const std::shared_ptr<WatchSink> sink_;

  absl::Mutex mutex_;
  // A task is queued or runs; it runs once more when woken meanwhile.
  bool scheduled_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;

  // Of the one task.
  bool in_snapshot_;
  std::unique_ptr<VaultReader> snapshot_;
  std::string snapshot_after_;
  Revision position_;
  Revision told_ = 0;
  bool synced_ = false;
  size_t last_queue_length_ = 0;
  SteadyTime last_progress_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_WATCHER_H_
