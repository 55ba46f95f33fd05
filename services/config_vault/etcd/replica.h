#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICA_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICA_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/time/clock.h"
#include "common/time/steady_cond_var.h"
#include "services/config_vault/change_feed.h"
#include "services/config_vault/etcd/batch_codec.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/mailbox.h"
#include "services/config_vault/etcd/replica_start.h"
#include "services/config_vault/etcd/seeder.h"
#include "services/config_vault/etcd/site_keys.h"
#include "services/config_vault/etcd/site_state.h"
#include "services/config_vault/restore/restorer.h"
#include "services/config_vault/vault_store.h"

namespace understudy::config_vault::etcd {

// Where a snapshot goes.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  // There is one: forget what was there, and what an earlier attempt has added.
  virtual absl::Status Begin() = 0;
  // The next piece, with the counters that stand at the end.
  virtual absl::Status Add(const VaultBatch& piece) = 0;
};

// Where a replica that cannot go on by itself takes everything from, history included: another
// replica. Blocks; called on the replica's thread.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  // Gives all records to `sink` and returns the position at which they stand. UNAVAILABLE
  // NO_SNAPSHOT: nobody has one of this cluster and lineage, at this revision or a later one, or
  // none answers: worth another try. UNAVAILABLE NO_PEERS: there is nobody to ask. Errors of the
  // sink are returned.
  virtual absl::StatusOr<ReplicaPosition> Fetch(const ReplicaPosition& wanted,
                                                SnapshotSink& sink) = 0;
};

// The site's key `root`, as the replica comes by it.
struct RootValue {
  // What is added to revisions of the key to make epochs.
  int64_t epoch_base = 0;
  // 0: etcd was built anew, and has no such key yet.
  int64_t revision = 0;
  std::string value = {};
};

// What a replica tells about itself. Called on its own thread or the engine's; must not block.
class ReplicaObserver {
 public:
  virtual ~ReplicaObserver() = default;
  // Follows (OK), or why it does not.
  virtual void OnFollowing(const absl::Status& state) = 0;
  // The watch has a connection (OK), or has lost it.
  virtual void OnConnection(const absl::Status& state) = 0;
  virtual void OnApplied(const Counters& counters) = 0;
  // The local disk began to refuse writes (an error), or takes them again (OK).
  virtual void OnDiskState(const absl::Status& state) = 0;
};

struct ReplicaOptions {
  std::string site = "local";
  // What may wait to be applied; more lets the watch begin again where the replica is.
  size_t max_waiting_bytes = 64 << 20;
  // After a failure, and while it does not follow, it tries again this often.
  absl::Duration retry_interval = absl::Milliseconds(500);
  // What was applied is synced to the disk at least this often.
  absl::Duration sync_interval = absl::Seconds(1);
  // For reading the site's state.
  absl::Duration call_timeout = absl::Seconds(2);
};

// Keeps a store equal to what etcd has ordered: applies every batch in order, each with its
// position, from where it was on; takes a snapshot when it is empty or etcd has forgotten what it
// needs. A thread of its own does so. The engine's thread may apply what it has itself committed;
// the watch's echo of that is passed over. Thread-safe.
class Replica {
 public:
  // All must outlive the replica. `source` may be null.
  Replica(const ReplicaOptions& options, EtcdClient& client, VaultStore& store, ChangeFeed& feed,
          const Clock& clock, SnapshotSource* source, ReplicaObserver& observer);
  // Stops.
  ~Replica();

  // Begins; errors are of the store. What stands in the way of following is told to the observer
  // and tried again.
  absl::Status Start();
  void Stop();

  struct Tip {
    // Follows the changes one by one.
    bool following = false;
    uint64_t cluster_id = 0;
    int64_t epoch_base = 0;
    // Everything up to this revision of etcd's is in the store.
    int64_t applied = 0;
    // Of the latest batch in the store.
    int64_t batch_revision = 0;
    // 0: the site has written nothing yet.
    uint64_t lineage = 0;
  };
  Tip tip() const;
  const SiteKeys& keys() const { return keys_; }

  // Applies a batch that was committed at `revision` and follows directly on the tip's batch.
  // Where the disk fails, the watch's echo will bring it once the disk is well.
  absl::Status ApplyOwn(int64_t revision, const BatchOrigin& origin, const VaultBatch& batch);

  // Runs `then` once the batch of this revision is in the store; at once where that is so already.
  //   UNAVAILABLE CATCHING_UP: not within `patience`
  //   UNAVAILABLE SHUTTING_DOWN: the replica stops
  using Then = absl::AnyInvocable<void(const absl::Status&)>;
  void WhenApplied(int64_t batch_revision, absl::Duration patience, Then then);

  // Tells those whose patience is over. To be called now and then: the replica's own thread may be
  // busy with a snapshot.
  void ExpireWaiting() { RunWaiting(); }

  // Whether a batch with this proposal is among the latest in the store, up to `batch_revision`,
  // which is waited for: its revision, 0 when it is not, or nothing when the wait was in vain.
  std::optional<int64_t> FindProposal(uint64_t proposal, int64_t batch_revision,
                                      absl::Duration patience);

  // Builds the site's keys from this replica in an etcd that has none of them, and goes on as that
  // etcd's replica. Blocks. Errors as of SeedEtcd.
  absl::StatusOr<SeedResult> Seed(Epoch known_epoch);

  // Puts a backup in the place of all that the site has, as its root under `epoch`: in this store,
  // then in etcd; the other replicas take a snapshot from here. Blocks; nothing is applied
  // meanwhile. Errors as of FillFromBackup and RewriteSite; after one that is not NOT_EMPTY this
  // replica is filled again with what the others have.
  absl::StatusOr<Restored> Restore(Epoch epoch, BackupRecords& backup,
                                   const RestoreOptions& options);

  // What is more in epochs than in revisions of the key `root`. Known once the tip names a cluster.
  int64_t epoch_base() const { return epoch_base_; }

  // The key `root`: at once when known, then each change, when all before it is in the store. One
  // subscriber; not called any more when UnsubscribeRoot has returned.
  void SubscribeRoot(std::function<void(const RootValue&)> on_change);
  void UnsubscribeRoot();

 private:
  class Forwarder;

  void Run();
  // Finds out where to begin and gets there.
  absl::Status Prepare();
  // `site` becomes what it is at the end.
  absl::Status Fill(SiteState& site);
  absl::Status FillFromSource(SiteState& site);
  absl::Status FillFromEtcd(const SiteState& site);
  // At most `limit` keys, which it adapts to their size for the next page.
  absl::StatusOr<RangeResult> ReadPage(const KeyRange& keys, int64_t revision, int64_t& limit);
  absl::Status FinishFill(const SiteState& site, const Counters& counters,
                          const ReplicaPosition& position);
  // What the store says, as the tip, if it can be followed from there.
  absl::StatusOr<ReplicaStart> TakePosition(const SiteState& site);
  // What is in the store is what an etcd that was built anew began with: its position there.
  absl::StatusOr<ReplicaPosition> Adopt(const SiteState& site, const Counters& counters)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(apply_mutex_);
  void SetTip(const SiteState& site, const ReplicaPosition& position);
  void TellRoot(const KeyValue& root);
  // Follows until something ends it: OK when it was told to stop or is to begin again.
  absl::Status Follow();
  absl::Status Handle(Mailbox::Letter letter);
  void NoteCompaction(const absl::Status& compacted);
  // Finds out whether what is connected again is the etcd that was followed.
  absl::Status HandleConnection(const absl::Status& state);
  absl::Status HandleEvents(const RevisionEvents& events);
  // A restore has taken the place of everything: OK when it was ours.
  absl::Status HandleRefill(int64_t revision);
  absl::StatusOr<Restored> TryRestore(Epoch epoch, BackupRecords& backup,
                                      const RestoreOptions& options);
  absl::Status Apply(int64_t revision, const BatchOrigin& origin, const VaultBatch& batch);
  // As Apply, as often as it takes.
  absl::Status ApplyUntilWritten(int64_t revision, const OrderedBatch& ordered);
  void SyncIfDue();
  // Runs who has waited for what is there now, or too long.
  void RunWaiting();
  void SetFollowing(const absl::Status& state);
  void Pause();
  void PauseFor(absl::Duration pause);
  bool IsHalfFilled() {
    absl::MutexLock lock(&apply_mutex_);
    return half_filled_;
  }
  bool stopping() const {
    absl::MutexLock lock(&mutex_);
    return stopping_;
  }

  const ReplicaOptions options_;
  const SiteKeys keys_;
  EtcdClient& client_;
  VaultStore& store_;
  ChangeFeed& feed_;
  const Clock& clock_;
  SnapshotSource* const source_;
  ReplicaObserver& observer_;

  // Held while the store is written.
  absl::Mutex apply_mutex_;
  // A restore has not come to its end: nothing may be applied.
  bool half_filled_ ABSL_GUARDED_BY(apply_mutex_) = false;

  mutable absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(apply_mutex_);
  Tip tip_ ABSL_GUARDED_BY(mutex_);
  struct Waiter {
    SteadyTime deadline;
    Then then;
  };
  std::multimap<int64_t, Waiter> waiting_ ABSL_GUARDED_BY(mutex_);
  // Proposals of the latest batches, with their revisions.
  std::deque<std::pair<uint64_t, int64_t>> proposals_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  SteadyCondVar wake_;
  std::shared_ptr<Mailbox> mailbox_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex root_mutex_;
  std::optional<RootValue> root_ ABSL_GUARDED_BY(root_mutex_);
  std::function<void(const RootValue&)> on_root_ ABSL_GUARDED_BY(root_mutex_);

  std::atomic<int64_t> epoch_base_ = 0;
  std::atomic<bool> unsynced_ = false;

  // Of the replica's thread alone.
  // What is in the store cannot be gone on from.
  bool must_fill_ = false;
  // The watch has lost its connection, and has none again yet.
  bool was_cut_off_ = false;
  // With a snapshot of this revision at least; 0: any.
  int64_t refill_revision_ = 0;
  // etcd has forgotten what came before this revision, and this replica needed it; 0: it has not.
  int64_t compacted_ = 0;
  absl::Status disk_state_;
  std::optional<absl::Status> told_following_;
  SteadyTime next_sync_;

  std::thread thread_;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICA_H_
