#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_EMBEDDED_ENGINE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_EMBEDDED_ENGINE_H_

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "services/config_vault/change_feed.h"
#include "services/config_vault/engine.h"
#include "services/config_vault/restore/restorer.h"
#include "services/config_vault/vault_policy.h"
#include "services/config_vault/vault_store.h"

namespace understudy::config_vault {

struct EmbeddedEngineOptions {
  VaultPolicy policy;
  // What may wait; more is refused. Content counts, so that large documents cannot fill the memory.
  size_t max_waiting_commands = 4096;
  size_t max_waiting_bytes = 64 << 20;
  // One synced write holds at most so much of what waits.
  size_t max_batch_commands = 1024;
  size_t max_batch_bytes = 16 << 20;
  // While the disk refuses writes, it is tried again this often.
  absl::Duration recovery_interval = absl::Seconds(1);
};

// What the engine tells about itself. Called on its thread; must not block.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  // A batch was written; `took` includes the sync.
  virtual void OnCommitted(size_t commands, absl::Duration took, const Counters& counters) = 0;
  // The disk began to refuse writes (an error), or takes them again (OK).
  virtual void OnDiskState(const absl::Status& state) = 0;
};

// The engine of a site with one control node: this store's disk alone decides. A thread takes all
// commands that wait, decides them, writes what they change as one synced write, and tells their
// outcomes; while it writes, the next ones gather. A single command waits for nothing.
//
// When a write fails, all commands of the batch fail and nothing is in the state; further writes
// are refused at once, and the store is asked to recover at intervals. Reads go on.
class EmbeddedEngine final : public Engine, public Restorer {
 public:
  // Takes a new epoch: none before it was as high. Arguments must outlive the engine.
  static absl::StatusOr<std::unique_ptr<EmbeddedEngine>> Start(const EmbeddedEngineOptions& options,
                                                               const Clock& clock,
                                                               VaultStore& store, ChangeFeed& feed,
                                                               EngineObserver& observer);
  // Stops.
  ~EmbeddedEngine() override;

  void Propose(Command command, Done done) override;
  // Of this start, or of the restore since. A vault with this engine is always root.
  Epoch epoch() const { return epoch_; }

  // Takes a new epoch. A restore that is broken off by a crash leaves the vault empty.
  absl::StatusOr<Restored> Restore(BackupRecords& backup, const RestoreOptions& options) override;

  // Finishes what waits, refuses what comes later, joins the thread. Idempotent.
  void Stop();

 private:
  struct Waiting {
    Command command;
    size_t bytes = 0;
    Done done;
  };
  using Batch = std::vector<Waiting>;

  EmbeddedEngine(const EmbeddedEngineOptions& options, Epoch epoch, const Clock& clock,
                 VaultStore& store, ChangeFeed& feed, EngineObserver& observer);

  absl::Status Admit(size_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Loop();
  // Waits for commands; false when it is time to end. May return an empty batch to let a broken
  // disk be tried.
  bool Next(Batch& batch);
  void Run(Batch batch);
  // Decides and stores; on OK `outcomes` holds one for each command.
  absl::Status Decide(Batch& batch, std::vector<absl::StatusOr<Outcome>>& outcomes);
  absl::Status Recover();
  void SetDiskState(const absl::Status& state);
  // OK when writes may be tried.
  absl::Status TryDisk();
  absl::StatusOr<Counters> TryRestore(BackupRecords& backup, const RestoreOptions& options);
  // Nothing may be written onto half a vault: empties it.
  absl::Status DropHalf();

  const EmbeddedEngineOptions options_;
  std::atomic<Epoch> epoch_;
  const Clock& clock_;
  VaultStore& store_;
  ChangeFeed& feed_;
  EngineObserver& observer_;

  // Held while commands are decided and written, and by a restore.
  absl::Mutex commit_mutex_;

  absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(commit_mutex_);
  absl::CondVar wake_;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // Of the engine's thread, and within commit_mutex_.
  absl::Status disk_state_;
  // A restore has failed on its way.
  bool is_half_restored_ = false;
  std::string failing_since_;
  SteadyTime next_try_;

  std::thread thread_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_EMBEDDED_ENGINE_H_
