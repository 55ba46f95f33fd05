#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ENGINE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/random/random.h"
#include "common/rpc/backoff.h"
#include "common/time/clock.h"
#include "common/time/steady_cond_var.h"
#include "services/config_vault/engine.h"
#include "services/config_vault/etcd/batch_codec.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/replica.h"
#include "services/config_vault/etcd/replication_wait.h"
#include "services/config_vault/read_lease.h"
#include "services/config_vault/reign.h"
#include "services/config_vault/restore/restorer.h"
#include "services/config_vault/role_feed.h"
#include "services/config_vault/vault_policy.h"
#include "services/config_vault/vault_store.h"

namespace understudy::config_vault::etcd {

struct EtcdEngineOptions {
  VaultPolicy policy = {};
  // What may wait; more is refused.
  size_t max_waiting_commands = 4096;
  size_t max_waiting_bytes = 64 << 20;
  // One transaction is closed when it has so much. Bounded by etcd: --max-txn-ops (128 unless set)
  // and --max-request-bytes (1.5 MiB unless set).
  size_t max_transaction_writes = 120;
  size_t max_transaction_bytes = 1 << 20;
  // A write is acknowledged only when another control node's replica has it, too.
  bool replicated = false;
  // One attempt.
  absl::Duration attempt_timeout = absl::Seconds(1);
  // How long a write is kept waiting while etcd does not answer. Longer than etcd takes to elect
  // another leader.
  absl::Duration patience = absl::Seconds(5);
  // Between attempts, after every endpoint was tried once.
  rpc::BackoffPolicy backoff = {.initial = absl::Milliseconds(10),
                                .maximum = absl::Milliseconds(500)};
};

// What the engine tells about itself. Called on its thread; must not block.
class EtcdEngineObserver {
 public:
  virtual ~EtcdEngineObserver() = default;
  // A transaction was done; `took` is from its first attempt.
  virtual void OnCommitted(size_t commands, absl::Duration took) = 0;
  // etcd did not answer for longer than a write waits (an error), or answers again (OK).
  virtual void OnReachable(const absl::Status& state) = 0;
};

// The engine of a site with several control nodes: etcd puts the writes in order, this node decides
// them while it is root. A thread takes all commands that wait, decides them on its replica, and
// sends what they change as one transaction, which etcd does only if the key `root` is still the
// claim of this reign and the batch before is the one that was decided on. So a root that was
// deposed without knowing it cannot write.
//
// An answer that is lost leaves the outcome unknown: the same transaction is sent again, which
// cannot happen twice, and the batch that etcd holds tells whether it is ours. After `patience` the
// callers are told that nobody knows, later writes are refused at once, and the attempts go on
// until the outcome is known or the reign over.
class EtcdEngine final : public Engine, public Reign, public Restorer {
 public:
  // All must outlive the engine.
  EtcdEngine(const EtcdEngineOptions& options, EtcdClient& client, Replica& replica,
             VaultStore& store, const Clock& clock, const RoleFeed& role, ReadLease& lease,
             EtcdEngineObserver& observer);
  // Stops.
  ~EtcdEngine() override;

  // Besides the reasons of Engine:
  //   UNAVAILABLE NOT_ROOT: another node is root (metadata: see root_redirect.h); nothing happened
  //   UNAVAILABLE ETCD_UNREACHABLE (metadata: since): etcd does not answer; nothing happened
  //   UNAVAILABLE OUTCOME_UNKNOWN: etcd stopped answering; whether it happened is unknown
  //   UNAVAILABLE NOT_REPLICATED: with `replicated`: it happened, but no other control node has
  //                               said within `patience` that it has it
  //   RESOURCE_EXHAUSTED ETCD_NO_SPACE, ETCD_REQUEST_TOO_LARGE: nothing happened
  void Propose(Command command, Done done) override;

  void BeginReign(Epoch epoch) override;
  void EndReign() override;
  void SetListener(Listener listener) override;
  ReplicaProgress progress() const override;
  void OnPeerProgress(uint64_t applied) override;
  // Tells those who have waited too long for another replica. To be called now and then.
  void ExpireWaiting();

  // As Replica::Restore; the reign goes on under the new epoch once the key `root` tells of it.
  absl::StatusOr<Restored> Restore(BackupRecords& backup, const RestoreOptions& options) override;

  // Refuses what waits and what comes later, joins the thread. Idempotent.
  void Stop();

 private:
  struct Waiting {
    Command command;
    size_t bytes = 0;
    Done done;
  };
  using Queue = std::deque<Waiting>;
  // Who proposed what was decided together, and what is to be said to each.
  struct Callers {
    std::vector<Done> dones;
    std::vector<absl::StatusOr<Outcome>> outcomes;

    // Once; afterwards there is nobody left.
    void Answer(const absl::Status& status);
  };
  struct Decided {
    Callers callers;
    size_t commands = 0;
    BatchOrigin origin;
    VaultBatch batch;
    // The batch that this one follows, and what that etcd adds to make epochs.
    int64_t after = 0;
    int64_t epoch_base = 0;
  };

  absl::Status Admit(size_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Loop();
  // Takes, decides and commits what waits.
  void Run(Epoch epoch);
  // Waits for a reign to begin or for something to decide; nothing when it is time to end.
  std::optional<Epoch> WaitForWork();
  // What the reads must know when a reign begins.
  void SettleReign(Epoch epoch);
  // All that was sent under this epoch is in the store when that has come to `batch_revision`, or
  // will never be done.
  void Settle(Epoch epoch, int64_t batch_revision);
  // The replica has what this engine committed last; false when its disk does not take it.
  bool AwaitReplica();
  // Takes and decides commands until the transaction is full.
  Decided Decide(Epoch epoch);
  // The next command, if it is within the bytes that are left.
  std::optional<Waiting> TakeCommand(size_t bytes_left);
  // Sends the transaction until its outcome is known, or nobody waits for it any more.
  void CommitUntilKnown(Decided& decided);
  Transaction MakeTransaction(const Decided& decided) const;
  enum class Result { kDone, kDeposed, kRefused, kUnknown };
  struct Verdict {
    Result result = Result::kUnknown;
    // Of the transaction, where it was done.
    int64_t revision = 0;
    absl::Status status = {};
  };
  // Where it is done, its callers have been told when this returns: on the client's thread, before
  // this one is awake.
  Verdict Attempt(Decided& decided, bool was_unknown);
  // What etcd's "the conditions do not hold" means.
  Verdict JudgeRefusal(const Decided& decided, const TransactionResult& result, bool was_unknown);
  void Finish(Decided& decided, const Verdict& verdict, absl::Duration took);
  // Notes what etcd has committed, in the local store, too.
  void Keep(const Decided& decided, int64_t revision);
  // Answers that it was done, if that has not been said yet; with `replicated`, when another
  // replica has it, too. Reads that begin afterwards wait until the local store has it.
  void Acknowledge(Decided& decided, int64_t revision);
  // Nobody knows what became of it: its callers are told so, and those who wait that etcd does not
  // answer.
  void GiveUp(Decided& decided, const absl::Status& status);
  // The reign is over before the outcome is known.
  void Abandon(Decided& decided, const absl::Status& status);
  void SetReachable(const absl::Status& state);
  void RefuseWaiting(const absl::Status& status);
  bool IsOver(Epoch epoch) const;
  void Pause(absl::Duration pause);

  const EtcdEngineOptions options_;
  EtcdClient& client_;
  Replica& replica_;
  VaultStore& store_;
  const Clock& clock_;
  const RoleFeed& role_;
  ReadLease& lease_;
  EtcdEngineObserver& observer_;
  Listener listener_;

  // Held while commands are decided and committed, and by a restore.
  absl::Mutex commit_mutex_;

  mutable absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(commit_mutex_);
  SteadyCondVar wake_;
  Queue queue_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // 0: no reign.
  Epoch epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  // It has just begun.
  bool begins_ ABSL_GUARDED_BY(mutex_) = false;
  // Why writes are refused, with the time since when.
  absl::Status unreachable_ ABSL_GUARDED_BY(mutex_);

  // Of answers, with `replicated`.
  ReplicationWait replication_;

  // Of the engine's thread, and of the client's while that one waits for an answer.
  Random random_ = Random::FromEntropy();
  // Of the latest batch that this engine committed, and of the etcd that took it: one that was
  // built anew counts from the beginning.
  int64_t committed_ = 0;
  int64_t committed_base_ = 0;
  // Of the admitted nodes, as this reign has left them.
  Revision nodes_revision_ = 0;

  std::thread thread_;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ENGINE_H_
