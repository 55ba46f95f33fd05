#include "services/config_vault/etcd/replica.h"

#include <pthread.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/replica_start.h"

namespace understudy::config_vault::etcd {
namespace {

std::vector<DocumentInfo> ChangesOf(const VaultBatch& batch) {
  std::vector<DocumentInfo> changes;
  for (const Mutation& mutation : batch.mutations) {
    if (const auto* write = std::get_if<WriteRevision>(&mutation)) {
      changes.push_back(write->revision.info);
    }
  }
  return changes;
}

// More than there can be between a batch whose answer was lost and the question what became of it.
constexpr size_t kKnownProposals = 4096;
// Between questions to an etcd that is connected again and has no leader yet.
constexpr absl::Duration kAskAgain = absl::Milliseconds(20);

absl::Status CatchingUp(int64_t revision) {
  return MakeError(absl::StatusCode::kUnavailable, "CATCHING_UP",
                   absl::StrCat("this replica has not come to revision ", revision, " yet"));
}

absl::Status Stopped() {
  return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the vault is shutting down");
}

}  // namespace

// A watch's way to the replica's thread, which may be gone before the watch is.
class Replica::Forwarder final : public WatchObserver {
 public:
  explicit Forwarder(std::shared_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
  void OnEvents(const Header&, RevisionEvents events) override {
    mailbox_->Put({.kind = Mailbox::Letter::Kind::kEvents, .events = std::move(events)});
  }
  void OnConnection(const absl::Status& state) override {
    mailbox_->Put({.kind = Mailbox::Letter::Kind::kConnection, .status = state});
  }
  void OnEnd(const absl::Status& status) override {
    mailbox_->Put({.kind = Mailbox::Letter::Kind::kEnd, .status = status});
  }

 private:
  const std::shared_ptr<Mailbox> mailbox_;
};

Replica::Replica(const ReplicaOptions& options, EtcdClient& client, VaultStore& store,
                 ChangeFeed& feed, const Clock& clock, SnapshotSource* source,
                 ReplicaObserver& observer)
    : options_(options),
      keys_(options.site),
      client_(client),
      store_(store),
      feed_(feed),
      clock_(clock),
      source_(source),
      observer_(observer) {}

Replica::~Replica() { Stop(); }

absl::Status Replica::Start() {
  UNDERSTUDY_RETURN_IF_ERROR(store_.Snapshot()->ReadPosition().status());
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "vault-replica");
  return absl::OkStatus();
}

void Replica::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (mailbox_ != nullptr) mailbox_->Close();
    wake_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
  RunWaiting();
}

Replica::Tip Replica::tip() const {
  absl::MutexLock lock(&mutex_);
  return tip_;
}

void Replica::Run() {
  while (!stopping()) {
    absl::Status status = Prepare();
    if (status.ok()) status = Follow();
    if (!status.ok()) SetFollowing(status);
    if (!status.ok()) Pause();
    RunWaiting();
  }
  (void)store_.Sync();
}

void Replica::Pause() { PauseFor(options_.retry_interval); }

void Replica::PauseFor(absl::Duration pause) {
  absl::MutexLock lock(&mutex_);
  if (!stopping_) wake_.WaitWithTimeout(&mutex_, pause);
}

void Replica::SetFollowing(const absl::Status& state) {
  {
    absl::MutexLock lock(&mutex_);
    tip_.following = state.ok();
  }
  if (told_following_ == state) return;
  told_following_ = state;
  observer_.OnFollowing(state);
}

absl::Status Replica::Prepare() {
  UNDERSTUDY_ASSIGN_OR_RETURN(SiteState site,
                              ReadSiteState(client_, keys_, options_.call_timeout));
  epoch_base_ = site.epoch_base;
  UNDERSTUDY_ASSIGN_OR_RETURN(const ReplicaStart start, TakePosition(site));
  if (start == ReplicaStart::kFill || must_fill_ || IsHalfFilled()) {
    UNDERSTUDY_RETURN_IF_ERROR(Fill(site));
  }
  RunWaiting();
  // Where etcd was built anew nobody is root: who was is to know that, and to claim anew.
  const KeyValue root = site.root.value_or(KeyValue{});
  const bool is_known = site.root.has_value() || site.epoch_base != 0;
  if (is_known && root.mod_revision <= tip().applied) TellRoot(root);
  return absl::OkStatus();
}

absl::StatusOr<ReplicaStart> Replica::TakePosition(const SiteState& site) {
  // The engine may be applying its own: the position is taken as the tip before another is written.
  absl::MutexLock lock(&apply_mutex_);
  LocalState local;
  {
    const std::unique_ptr<VaultReader> reader = store_.Snapshot();
    UNDERSTUDY_ASSIGN_OR_RETURN(local.position, reader->ReadPosition());
    UNDERSTUDY_ASSIGN_OR_RETURN(local.counters, reader->ReadCounters());
  }
  RemoteState remote{.cluster_id = site.header.cluster_id,
                     .epoch_base = site.epoch_base,
                     .revision = site.header.revision};
  if (site.batch.has_value()) remote.lineage = site.batch->origin.lineage;
  remote.seed = site.seed;
  UNDERSTUDY_ASSIGN_OR_RETURN(const ReplicaStart start, ChooseStart(local, remote));
  if (start == ReplicaStart::kFollow) SetTip(site, *local.position);
  if (start == ReplicaStart::kAdopt) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const ReplicaPosition adopted, Adopt(site, local.counters));
    SetTip(site, adopted);
  }
  return start;
}

absl::StatusOr<ReplicaPosition> Replica::Adopt(const SiteState& site, const Counters& counters) {
  const ReplicaPosition position{.cluster_id = site.header.cluster_id,
                                 .revision = site.seed_revision,
                                 .lineage = site.batch->origin.lineage,
                                 .epoch_base = site.epoch_base};
  UNDERSTUDY_RETURN_IF_ERROR(store_.Apply({.counters = counters}, position));
  UNDERSTUDY_RETURN_IF_ERROR(store_.Sync());
  return position;
}

void Replica::SetTip(const SiteState& site, const ReplicaPosition& position) {
  absl::MutexLock lock(&mutex_);
  // What `site` says may be older than what the engine has committed since.
  // An etcd that was built anew by the same command line has the same id, and other revisions.
  const bool is_same_etcd =
      tip_.cluster_id == position.cluster_id && tip_.epoch_base == position.epoch_base;
  const int64_t known = is_same_etcd ? tip_.batch_revision : 0;
  tip_ = {.following = false,
          .cluster_id = position.cluster_id,
          .epoch_base = position.epoch_base,
          .applied = position.revision,
          .batch_revision = std::max(known, std::min(site.batch_revision, position.revision)),
          .lineage = position.lineage};
}

absl::Status Replica::Follow() {
  const auto mailbox = std::make_shared<Mailbox>(options_.max_waiting_bytes);
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return absl::OkStatus();
    mailbox_ = mailbox;
  }
  const std::unique_ptr<EtcdClient::Watch> watch =
      client_.StartWatch(keys_.All(), tip().applied + 1, std::make_shared<Forwarder>(mailbox));
  SetFollowing(absl::OkStatus());
  while (!stopping()) {
    std::optional<Mailbox::Letter> letter = mailbox->Take(options_.sync_interval);
    if (letter.has_value()) UNDERSTUDY_RETURN_IF_ERROR(Handle(*std::move(letter)));
    if (mailbox->is_over()) break;
    RunWaiting();
    SyncIfDue();
  }
  return absl::OkStatus();
}

absl::Status Replica::Handle(Mailbox::Letter letter) {
  switch (letter.kind) {
    case Mailbox::Letter::Kind::kEvents:
      return HandleEvents(letter.events);
    case Mailbox::Letter::Kind::kConnection:
      return HandleConnection(letter.status);
    case Mailbox::Letter::Kind::kEnd:
      break;
  }
  if (ErrorReason(letter.status) == "COMPACTED") NoteCompaction(letter.status);
  return letter.status;
}

// Others may be as far behind: what they have is of use only from there on.
void Replica::NoteCompaction(const absl::Status& compacted) {
  must_fill_ = true;
  const std::string revision = ErrorMetadata(compacted)["compact_revision"];
  if (!absl::SimpleAtoi(revision, &compacted_)) compacted_ = 0;
}

absl::Status Replica::HandleConnection(const absl::Status& state) {
  observer_.OnConnection(state);
  if (!state.ok()) was_cut_off_ = true;
  if (!state.ok() || !std::exchange(was_cut_off_, false)) return absl::OkStatus();
  // What is connected to may be another etcd than before, under the same addresses and id, with
  // revisions that say nothing here. It is asked before anything is taken from it.
  absl::StatusOr<SiteState> site = absl::UnavailableError("");
  while (!site.ok()) {
    if (stopping()) return absl::OkStatus();
    site = ReadSiteState(client_, keys_, options_.call_timeout);
    const bool is_away = site.status().code() == absl::StatusCode::kUnavailable;
    if (!site.ok() && !is_away) return site.status();
    if (is_away) PauseFor(kAskAgain);
  }
  const Tip now = tip();
  const bool is_same = site->header.cluster_id == now.cluster_id &&
                       site->epoch_base == epoch_base_ && site->header.revision >= now.applied;
  if (is_same) return absl::OkStatus();
  return MakeError(absl::StatusCode::kUnavailable, "OTHER_ETCD",
                   "etcd is not the one that was followed: looking at it anew");
}

absl::Status Replica::HandleEvents(const RevisionEvents& events) {
  // The echo of what the engine has applied itself is not even decoded.
  if (events.revision > tip().batch_revision) {
    const absl::StatusOr<std::optional<OrderedBatch>> ordered = DecodeBatch(keys_, events);
    must_fill_ = must_fill_ || !ordered.ok();
    UNDERSTUDY_RETURN_IF_ERROR(ordered.status());
    if (ordered->has_value() && (*ordered)->is_refill) {
      UNDERSTUDY_RETURN_IF_ERROR(HandleRefill(events.revision));
    } else if (ordered->has_value()) {
      UNDERSTUDY_RETURN_IF_ERROR(ApplyUntilWritten(events.revision, **ordered));
    }
  }
  {
    absl::MutexLock lock(&mutex_);
    tip_.applied = std::max(tip_.applied, events.revision);
  }
  for (const Event& event : events.events) {
    if (!event.deleted && event.value.key == keys_.Root()) TellRoot(event.value);
  }
  return absl::OkStatus();
}

absl::Status Replica::Apply(int64_t revision, const BatchOrigin& origin, const VaultBatch& batch) {
  const Tip before = tip();
  if (revision <= before.batch_revision) return absl::OkStatus();
  if (half_filled_) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "FILLING",
                     "a restore was broken off: the replica is filled anew");
  }
  if (before.lineage != 0 && before.lineage != origin.lineage) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "OTHER_DATA",
                     absl::StrCat("a batch of other data was written at revision ", revision));
  }
  UNDERSTUDY_RETURN_IF_ERROR(store_.Apply(
      batch, {.cluster_id = before.cluster_id,
              .revision = revision,
              .lineage = origin.lineage,
              .epoch_base = epoch_base_}));
  unsynced_ = true;
  {
    absl::MutexLock lock(&mutex_);
    tip_.batch_revision = revision;
    tip_.lineage = origin.lineage;
    proposals_.emplace_back(origin.proposal, revision);
    if (proposals_.size() > kKnownProposals) proposals_.pop_front();
  }
  feed_.Publish(ChangesOf(batch), batch.counters.revision);
  observer_.OnApplied(batch.counters);
  return absl::OkStatus();
}

absl::Status Replica::ApplyOwn(int64_t revision, const BatchOrigin& origin,
                               const VaultBatch& batch) {
  absl::Status status;
  {
    absl::MutexLock lock(&apply_mutex_);
    status = Apply(revision, origin, batch);
  }
  if (status.ok()) RunWaiting();
  return status;
}

absl::Status Replica::ApplyUntilWritten(int64_t revision, const OrderedBatch& ordered) {
  while (true) {
    absl::Status status;
    {
      absl::MutexLock lock(&apply_mutex_);
      if (!disk_state_.ok()) status = store_.Recover();
      if (status.ok()) status = Apply(revision, ordered.origin, ordered.batch);
    }
    if (status.code() == absl::StatusCode::kFailedPrecondition) return status;
    if (status.ok() != disk_state_.ok()) observer_.OnDiskState(status);
    disk_state_ = status;
    if (status.ok()) break;
    if (stopping()) return status;
    Pause();
    RunWaiting();
  }
  RunWaiting();
  return absl::OkStatus();
}

void Replica::SyncIfDue() {
  const SteadyTime now = clock_.SteadyNow();
  if (now < next_sync_ || !unsynced_.exchange(false)) return;
  next_sync_ = now + options_.sync_interval;
  (void)store_.Sync();
}

void Replica::WhenApplied(int64_t batch_revision, absl::Duration patience, Then then) {
  {
    absl::MutexLock lock(&mutex_);
    waiting_.emplace(batch_revision, Waiter{clock_.SteadyNow() + patience, std::move(then)});
  }
  RunWaiting();
}

void Replica::RunWaiting() {
  std::deque<std::pair<Then, absl::Status>> ready;
  {
    absl::MutexLock lock(&mutex_);
    const SteadyTime now = clock_.SteadyNow();
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      const bool is_there = it->first <= tip_.batch_revision;
      if (!is_there && !stopping_ && now < it->second.deadline) {
        ++it;
        continue;
      }
      ready.emplace_back(std::move(it->second.then), is_there    ? absl::OkStatus()
                                                     : stopping_ ? Stopped()
                                                                 : CatchingUp(it->first));
      it = waiting_.erase(it);
    }
  }
  for (auto& [then, status] : ready) then(status);
}

std::optional<int64_t> Replica::FindProposal(uint64_t proposal, int64_t batch_revision,
                                             absl::Duration patience) {
  const auto applied = std::make_shared<absl::Notification>();
  WhenApplied(batch_revision, patience, [applied](const absl::Status&) { applied->Notify(); });
  if (!applied->WaitForNotificationWithTimeout(patience)) return std::nullopt;
  absl::MutexLock lock(&mutex_);
  if (tip_.batch_revision < batch_revision) return std::nullopt;
  for (const auto& [seen, revision] : proposals_) {
    if (seen == proposal) return revision;
  }
  return 0;
}

void Replica::TellRoot(const KeyValue& root) {
  absl::MutexLock lock(&root_mutex_);
  root_ = RootValue{.epoch_base = epoch_base_, .revision = root.mod_revision, .value = root.value};
  if (on_root_) on_root_(*root_);
}

void Replica::SubscribeRoot(std::function<void(const RootValue&)> on_change) {
  absl::MutexLock lock(&root_mutex_);
  on_root_ = std::move(on_change);
  if (root_.has_value()) on_root_(*root_);
}

void Replica::UnsubscribeRoot() {
  absl::MutexLock lock(&root_mutex_);
  on_root_ = nullptr;
}

}  // namespace understudy::config_vault::etcd
