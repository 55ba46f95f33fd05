// How a replica gets everything at once: from another vault, from what is current in etcd, or from
// a backup; and how an etcd is built from a replica.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/replica.h"
#include "services/config_vault/etcd/site_rewriter.h"
#include "services/config_vault/restore/restore_fill.h"

namespace understudy::config_vault::etcd {
namespace {

// Keys read at a time where a store is filled from etcd: fewer while they are large.
constexpr int64_t kSmallPage = 8;
constexpr int64_t kLargePage = 512;
constexpr size_t kFullPageBytes = 4 << 20;

size_t BytesOf(const std::vector<KeyValue>& values) {
  size_t bytes = 0;
  for (const KeyValue& value : values) bytes += value.key.size() + value.value.size();
  return bytes;
}

// So long a replica waits for a vault that has it all before it takes what is current from etcd,
// which has no history: one that has just restored a backup, or built etcd anew, does not follow at
// once.
constexpr absl::Duration kSnapshotPatience = absl::Seconds(20);

absl::Status Stopped() {
  return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the vault is shutting down");
}

// Puts a snapshot's pieces into a store.
class StoreFiller final : public SnapshotSink {
 public:
  explicit StoreFiller(VaultStore& store) : store_(store) {}

  // What is there is given up only when there is something to put in its place.
  absl::Status Begin() override { return store_.Clear(); }
  absl::Status Add(const VaultBatch& piece) override {
    counters_ = piece.counters;
    return store_.Apply(piece, {.filling = true});
  }
  const Counters& counters() const { return counters_; }

 private:
  VaultStore& store_;
  Counters counters_;
};

}  // namespace

absl::Status Replica::Fill(SiteState& site) {
  SetFollowing(MakeError(absl::StatusCode::kUnavailable, "FILLING",
                         "the replica is being filled from a snapshot"));
  if (compacted_ != 0) {
    refill_revision_ = std::max(refill_revision_, std::min(compacted_ - 1, site.batch_revision));
  }
  if (source_ != nullptr && site.batch.has_value()) {
    const SteadyTime deadline = clock_.SteadyNow() + kSnapshotPatience;
    while (true) {
      const absl::Status filled = FillFromSource(site);
      if (ErrorReason(filled) == "NO_PEERS") break;
      if (ErrorReason(filled) != "NO_SNAPSHOT") return filled;
      if (stopping()) return Stopped();
      if (clock_.SteadyNow() >= deadline) break;
      Pause();
    }
  }
  return FillFromEtcd(site);
}

absl::Status Replica::FillFromSource(SiteState& site) {
  absl::MutexLock lock(&apply_mutex_);
  StoreFiller filler(store_);
  UNDERSTUDY_ASSIGN_OR_RETURN(const ReplicaPosition position,
                              source_->Fetch({.cluster_id = site.header.cluster_id,
                                              .revision = refill_revision_,
                                              .lineage = site.batch->origin.lineage,
                                              .epoch_base = site.epoch_base},
                                             filler));
  // The snapshot may be newer than what was read of etcd before.
  UNDERSTUDY_ASSIGN_OR_RETURN(site, ReadSiteState(client_, keys_, options_.call_timeout));
  return FinishFill(site, filler.counters(), position);
}

absl::StatusOr<RangeResult> Replica::ReadPage(const KeyRange& keys, int64_t revision,
                                              int64_t& limit) {
  while (true) {
    absl::StatusOr<RangeResult> page = Await<RangeResult>([&](auto done) {
      client_.Range({.keys = keys, .limit = limit, .revision = revision}, 2 * options_.call_timeout,
                    std::move(done));
    });
    if (page.ok()) {
      const bool is_full = BytesOf(page->values) >= kFullPageBytes;
      limit = is_full ? std::max<int64_t>(limit / 2, 1) : std::min(2 * limit, kLargePage);
      return page;
    }
    if (ErrorReason(page.status()) != "ETCD_REQUEST_TOO_LARGE" || limit == 1) return page;
    limit /= 2;
  }
}

absl::Status Replica::FillFromEtcd(const SiteState& site) {
  if (site.is_restoring) {
    SetFollowing(MakeError(absl::StatusCode::kDataLoss, "RESTORE_BROKEN_OFF",
                           "a restore has not written everything to etcd, and no other vault has a "
                           "snapshot: repeat the restore"));
  }
  absl::MutexLock lock(&apply_mutex_);
  UNDERSTUDY_RETURN_IF_ERROR(store_.Clear());
  const Counters counters = site.batch.has_value() ? site.batch->counters : Counters{};
  KeyRange left = keys_.All();
  int64_t limit = kSmallPage;
  for (bool more = true; more;) {
    if (stopping()) return Stopped();
    UNDERSTUDY_ASSIGN_OR_RETURN(const RangeResult page,
                                ReadPage(left, site.header.revision, limit));
    VaultBatch batch{.counters = counters};
    for (const KeyValue& value : page.values) {
      UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<Mutation> mutation, DecodeCurrent(keys_, value));
      if (mutation.has_value()) batch.mutations.push_back(*std::move(mutation));
    }
    UNDERSTUDY_RETURN_IF_ERROR(store_.Apply(batch, {.filling = true}));
    more = page.more && !page.values.empty();
    if (more) left.begin = page.values.back().key + '\0';
  }
  return FinishFill(site, counters,
                    {.cluster_id = site.header.cluster_id,
                     .revision = site.header.revision,
                     .lineage = site.batch.has_value() ? site.batch->origin.lineage : 0,
                     .epoch_base = site.epoch_base});
}

absl::Status Replica::FinishFill(const SiteState& site, const Counters& counters,
                                 const ReplicaPosition& position) {
  UNDERSTUDY_RETURN_IF_ERROR(store_.Apply({.counters = counters}, position));
  UNDERSTUDY_RETURN_IF_ERROR(store_.Sync());
  must_fill_ = false;
  half_filled_ = false;
  refill_revision_ = 0;
  compacted_ = 0;
  feed_.Restart(counters.revision);
  // A backup may have been restored since the site was first looked at.
  epoch_base_ = site.epoch_base;
  {
    // What this vault has committed itself may be newer than the snapshot: it is told again.
    absl::MutexLock lock(&mutex_);
    tip_.batch_revision = 0;
  }
  SetTip(site, position);
  observer_.OnApplied(counters);
  return absl::OkStatus();
}

absl::StatusOr<SeedResult> Replica::Seed(Epoch known_epoch) {
  absl::MutexLock lock(&apply_mutex_);
  UNDERSTUDY_ASSIGN_OR_RETURN(const SeedResult result,
                              SeedEtcd(client_, keys_, *store_.Snapshot(), known_epoch));
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteState site,
                              ReadSiteState(client_, keys_, options_.call_timeout));
  UNDERSTUDY_RETURN_IF_ERROR(Adopt(site, result.counters).status());
  return result;
}

absl::Status Replica::HandleRefill(int64_t revision) {
  // This vault's own restore sets the tip before it lets go.
  {
    absl::MutexLock lock(&apply_mutex_);
    if (revision <= tip().batch_revision) return absl::OkStatus();
  }
  must_fill_ = true;
  refill_revision_ = revision;
  return MakeError(absl::StatusCode::kUnavailable, "FILLING",
                   "a backup was restored: the replica is filled anew");
}

absl::StatusOr<Restored> Replica::Restore(Epoch epoch, BackupRecords& backup,
                                          const RestoreOptions& options) {
  absl::StatusOr<Restored> restored = TryRestore(epoch, backup, options);
  if (restored.ok()) {
    RunWaiting();
  } else if (ErrorReason(restored.status()) != "NOT_EMPTY") {
    // The store is half filled: it is filled with what the others have.
    absl::MutexLock lock(&mutex_);
    if (mailbox_ != nullptr) mailbox_->Close();
  }
  return restored;
}

absl::StatusOr<Restored> Replica::TryRestore(Epoch epoch, BackupRecords& backup,
                                             const RestoreOptions& options) {
  absl::MutexLock lock(&apply_mutex_);
  const absl::StatusOr<Counters> filled = FillFromBackup(store_, backup, options);
  half_filled_ = ErrorReason(filled.status()) != "NOT_EMPTY";
  UNDERSTUDY_RETURN_IF_ERROR(filled.status());
  const Counters counters = *filled;
  UNDERSTUDY_ASSIGN_OR_RETURN(
      const Rewritten rewritten,
      RewriteSite(client_, keys_, *store_.Snapshot(), epoch, backup.epoch()));
  UNDERSTUDY_RETURN_IF_ERROR(store_.Apply({.counters = counters}, rewritten.position));
  UNDERSTUDY_RETURN_IF_ERROR(store_.Sync());
  half_filled_ = false;
  epoch_base_ = rewritten.epoch_base;
  {
    absl::MutexLock tip_lock(&mutex_);
    tip_.epoch_base = rewritten.epoch_base;
    tip_.batch_revision = rewritten.position.revision;
    tip_.lineage = rewritten.position.lineage;
  }
  feed_.Restart(counters.revision);
  observer_.OnApplied(counters);
  return Restored{.counters = counters, .epoch = rewritten.epoch};
}

}  // namespace understudy::config_vault::etcd
