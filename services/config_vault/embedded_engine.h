#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_EMBEDDED_ENGINE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_EMBEDDED_ENGINE_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/group_commit/group_commit.h"
#include "common/time/clock.h"
#include "services/config_vault/change_feed.h"
#include "services/config_vault/engine.h"
#include "services/config_vault/restore/restorer.h"
#include "services/config_vault/vault_policy.h"
#include "services/config_vault/vault_store.h"

namespace understudy::config_vault {

struct EmbeddedEngineOptions {
  VaultPolicy policy;
  GroupCommitLimits limits;
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

// The engine of a site with one control node: this store's disk alone decides. Commands are decided
// and stored in groups (GroupCommit); when a write fails nothing of it is in the state, and reads
// go on.
class EmbeddedEngine final : public Engine,
                             public Restorer,
                             private CommitTarget<Command, Outcome> {
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
  EmbeddedEngine(const EmbeddedEngineOptions& options, Epoch epoch, const Clock& clock,
                 VaultStore& store, ChangeFeed& feed, EngineObserver& observer);

  absl::Status Commit(std::vector<Command> commands,
                      std::vector<absl::StatusOr<Outcome>>& outcomes) override;
  absl::Status Recover() override;
  void OnDiskState(const absl::Status& state) override { observer_.OnDiskState(state); }
  // A duty may wait for the answer; nothing waits for a watch.
  void OnAnswered() override { feed_.Wake(); }
  absl::Status Decide(std::vector<Command> commands,
                      std::vector<absl::StatusOr<Outcome>>& outcomes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  absl::StatusOr<Counters> TryRestore(BackupRecords& backup, const RestoreOptions& options)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);
  // Nothing may be written onto half a vault: empties it.
  absl::Status DropHalf() ABSL_EXCLUSIVE_LOCKS_REQUIRED(commit_mutex_);

  const EmbeddedEngineOptions options_;
  std::atomic<Epoch> epoch_;
  const Clock& clock_;
  VaultStore& store_;
  ChangeFeed& feed_;
  EngineObserver& observer_;

  // Held while commands are decided and written, and by a restore.
  absl::Mutex commit_mutex_;
  // A restore has failed on its way.
  bool is_half_restored_ ABSL_GUARDED_BY(commit_mutex_) = false;

  // Last: it begins when all else is there.
  GroupCommit<Command, Outcome> commit_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_EMBEDDED_ENGINE_H_
