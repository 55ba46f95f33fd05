#include "services/config_vault/etcd/replica.h"

#include <pthread.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/replica_start.h"

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

absl::Status CatchingUp(int64_t revision) {
  return MakeError(absl::StatusCode::kUnavailable, "CATCHING_UP",
                   absl::StrCat("this replica has not come to revision ", revision, " yet"));
}

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

void Replica::Pause() {
  absl::MutexLock lock(&mutex_);
  if (!stopping_) wake_.WaitWithTimeout(&mutex_, options_.retry_interval);
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
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteState site,
                              ReadSiteState(client_, keys_, options_.call_timeout));
  epoch_base_ = site.epoch_base;
  UNDERSTUDY_ASSIGN_OR_RETURN(const ReplicaStart start, TakePosition(site));
  if (start == ReplicaStart::kFill || must_fill_) UNDERSTUDY_RETURN_IF_ERROR(Fill(site));
  RunWaiting();
  if (site.root.has_value() && site.root->mod_revision <= tip().applied) TellRoot(*site.root);
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
  RemoteState remote{.cluster_id = site.header.cluster_id, .revision = site.header.revision};
  if (site.batch.has_value()) remote.lineage = site.batch->origin.lineage;
  remote.seed = site.seed;
  UNDERSTUDY_ASSIGN_OR_RETURN(const ReplicaStart start, ChooseStart(local, remote));
  if (start == ReplicaStart::kFollow) SetTip(site, *local.position);
  return start;
}

void Replica::SetTip(const SiteState& site, const ReplicaPosition& position) {
  absl::MutexLock lock(&mutex_);
  // What `site` says may be older than what the engine has committed since.
  const int64_t known = tip_.cluster_id == position.cluster_id ? tip_.batch_revision : 0;
  tip_ = {.following = false,
          .cluster_id = position.cluster_id,
          .applied = position.revision,
          .batch_revision = std::max(known, std::min(site.batch_revision, position.revision)),
          .lineage = position.lineage};
}

absl::Status Replica::Fill(const SiteState& site) {
  SetFollowing(MakeError(absl::StatusCode::kUnavailable, "FILLING",
                         "the replica is being filled from a snapshot"));
  if (source_ != nullptr && site.batch.has_value()) {
    const absl::Status filled = FillFromSource(site);
    if (filled.ok() || ErrorReason(filled) != "NO_SNAPSHOT") return filled;
  }
  return FillFromEtcd(site);
}

absl::Status Replica::FillFromSource(const SiteState& site) {
  absl::MutexLock lock(&apply_mutex_);
  StoreFiller filler(store_);
  UNDERSTUDY_ASSIGN_OR_RETURN(
      const ReplicaPosition position,
      source_->Fetch({.cluster_id = site.header.cluster_id, .lineage = site.batch->origin.lineage},
                     filler));
  // The snapshot may be newer than what was read of etcd before.
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteState now,
                              ReadSiteState(client_, keys_, options_.call_timeout));
  return FinishFill(now, filler.counters(), position);
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
                     .lineage = site.batch.has_value() ? site.batch->origin.lineage : 0});
}

absl::Status Replica::FinishFill(const SiteState& site, const Counters& counters,
                                 const ReplicaPosition& position) {
  UNDERSTUDY_RETURN_IF_ERROR(store_.Apply({.counters = counters}, position));
  UNDERSTUDY_RETURN_IF_ERROR(store_.Sync());
  must_fill_ = false;
  feed_.Restart(counters.revision);
  SetTip(site, position);
  observer_.OnApplied(counters);
  return absl::OkStatus();
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
      observer_.OnConnection(letter.status);
      return absl::OkStatus();
    case Mailbox::Letter::Kind::kEnd:
      break;
  }
  must_fill_ = must_fill_ || ErrorReason(letter.status) == "COMPACTED";
  return letter.status;
}

absl::Status Replica::HandleEvents(const RevisionEvents& events) {
  // The echo of what the engine has applied itself is not even decoded.
  if (events.revision > tip().batch_revision) {
    const absl::StatusOr<std::optional<OrderedBatch>> ordered = DecodeBatch(keys_, events);
    must_fill_ = must_fill_ || !ordered.ok();
    UNDERSTUDY_RETURN_IF_ERROR(ordered.status());
    if (ordered->has_value()) {
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
  if (before.lineage != 0 && before.lineage != origin.lineage) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "OTHER_DATA",
                     absl::StrCat("a batch of other data was written at revision ", revision));
  }
  UNDERSTUDY_RETURN_IF_ERROR(store_.Apply(
      batch, {.cluster_id = before.cluster_id, .revision = revision, .lineage = origin.lineage}));
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

absl::StatusOr<SeedResult> Replica::Seed(Epoch known_epoch) {
  absl::MutexLock lock(&apply_mutex_);
  UNDERSTUDY_ASSIGN_OR_RETURN(const SeedResult result,
                              SeedEtcd(client_, keys_, *store_.Snapshot(), known_epoch));
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteState site,
                              ReadSiteState(client_, keys_, options_.call_timeout));
  // Nobody can have written: no replica but this has the site's data.
  UNDERSTUDY_RETURN_IF_ERROR(
      store_.Apply({.counters = result.counters}, {.cluster_id = site.header.cluster_id,
                                                   .revision = site.batch_revision,
                                                   .lineage = site.batch->origin.lineage}));
  UNDERSTUDY_RETURN_IF_ERROR(store_.Sync());
  return result;
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
