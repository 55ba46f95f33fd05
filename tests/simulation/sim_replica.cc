#include "tests/simulation/sim_replica.h"

#include <algorithm>
#include <any>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/root_record_codec.h"
#include "services/config_vault/etcd/snapshot.h"

namespace understudy::simulation {

namespace cv = config_vault;
namespace etcd = config_vault::etcd;

namespace {

constexpr absl::Duration kCallTimeout = absl::Milliseconds(500);
constexpr absl::Duration kRetry = absl::Milliseconds(200);
constexpr absl::Duration kSyncEvery = absl::Seconds(1);
constexpr size_t kKnownProposals = 4096;
// Small, so that a snapshot is torn now and then.
constexpr etcd::SnapshotOptions kPieces = {.piece_bytes = 4096, .piece_mutations = 8};

}  // namespace

// The site's few keys that are no records.
struct SimReplica::Site {
  explicit Site(const etcd::SiteKeys& keys, const etcd::RangeResult& found) : header(found.header) {
    for (const etcd::KeyValue& value : found.values) {
      if (value.key == keys.Root()) root = value;
      if (value.key != keys.Batch()) continue;
      batch_revision = value.mod_revision;
      lineage = etcd::DecodeSummary(value.value)->origin.lineage;
    }
  }
  etcd::RemoteState remote() const {
    return {.cluster_id = header.cluster_id,
            .revision = header.revision,
            .lineage = lineage == 0 ? std::nullopt : std::make_optional(lineage)};
  }

  etcd::Header header;
  std::optional<etcd::KeyValue> root;
  int64_t batch_revision = 0;
  uint64_t lineage = 0;
};

struct SimReplica::SnapshotWanted {
  uint64_t lineage = 0;
  int64_t revision = 0;
};
// On a stream from "snapshot": pieces, then the position at which they stand.
struct SimReplica::SnapshotMessage {
  cv::VaultBatch piece;
  std::optional<cv::ReplicaPosition> end;
};

// One try after the other to take a snapshot from another replica.
class SimReplica::Filling {
 public:
  explicit Filling(etcd::RangeResult from) : found(std::move(from)) {}

  etcd::RangeResult found;
  size_t next_peer = 0;
  std::vector<cv::VaultBatch> pieces;
};

SimReplica::SimReplica(SimWorld& world, SimNode& node, SimEtcdClient& etcd, StoreDisk& disk,
                       Outside outside)
    : world_(world), node_(node), etcd_(etcd), disk_(disk), outside_(std::move(outside)) {
  disk_.Forget(node.random());
  world.streams().Accept(node, "snapshot", [this](const auto& stream) { GiveSnapshot(stream); });
  SyncSometimes();
  After(absl::ZeroDuration(), [this] { Prepare(); });
}

void SimReplica::After(absl::Duration delay, std::function<void()> task) {
  node_.executor().RunAt(node_.clock().SteadyNow() + delay, std::move(task));
}

void SimReplica::Prepare() {
  etcd_.Range({.keys = keys_.All()}, kCallTimeout,
              [this](const auto& found) { found.ok() ? Begin(*found) : PrepareAgain(); });
}

void SimReplica::PrepareAgain() {
  tip_.following = false;
  After(kRetry, [this] { Prepare(); });
}

void SimReplica::Begin(const etcd::RangeResult& found) {
  const Site site(keys_, found);
  const auto reader = disk_.store().Snapshot();
  const etcd::LocalState local{.position = *reader->ReadPosition(),
                               .counters = *reader->ReadCounters()};
  const auto start = etcd::ChooseStart(local, site.remote());
  stuck_ = start.status();
  if (!start.ok()) return PrepareAgain();
  if (*start == etcd::ReplicaStart::kFill || must_fill_) {
    world_.Note(node_.id() + " takes a snapshot");
    return Fill(std::make_shared<Filling>(found));
  }
  const cv::ReplicaPosition& position = *local.position;
  const int64_t known = tip_.cluster_id == position.cluster_id ? tip_.batch_revision : 0;
  tip_ = {.cluster_id = position.cluster_id,
          .applied = position.revision,
          .batch_revision = std::max(known, std::min(site.batch_revision, position.revision)),
          .lineage = position.lineage};
  Follow(found);
}

void SimReplica::Fill(std::shared_ptr<Filling> filling) {
  const Site site(keys_, filling->found);
  if (site.lineage == 0 || filling->next_peer >= outside_.peers.size()) {
    return FillFromEtcd(filling->found);
  }
  // Others may be as far behind.
  const int64_t wanted = std::min(compacted_ - 1, site.batch_revision);
  const std::string& peer = outside_.peers[filling->next_peer++];
  filling->pieces.clear();
  filling_ = world_.streams().Connect(node_, peer, "snapshot");
  filling_->Send({"snapshot-of", SnapshotWanted{site.lineage, wanted}});
  // Once it is whole, what else comes of this stream counts no more.
  const SimStream* const raw = filling_.get();
  filling_->SetHandlers(
      [this, filling, raw](const SimMessage& message) {
        if (filling_.get() != raw) return;
        const auto& part = std::any_cast<const SnapshotMessage&>(message.body);
        if (!part.end.has_value()) return filling->pieces.push_back(part.piece);
        const auto stream = std::exchange(filling_, nullptr);
        stream->Close();
        disk_.Clear();
        for (const cv::VaultBatch& piece : filling->pieces) {
          disk_.Apply(piece, {.filling = true});
        }
        Finish(filling->pieces.back().counters, *part.end);
        Prepare();
      },
      [this, filling, raw] {
        if (filling_.get() == raw) Fill(filling);
      });
}

void SimReplica::FillFromEtcd(const etcd::RangeResult& found) {
  const Site site(keys_, found);
  cv::VaultBatch batch;
  for (const etcd::KeyValue& value : found.values) {
    if (value.key == keys_.Batch()) batch.counters = etcd::DecodeSummary(value.value)->counters;
    auto mutation = *etcd::DecodeCurrent(keys_, value);
    if (mutation.has_value()) batch.mutations.push_back(*std::move(mutation));
  }
  disk_.Clear();
  disk_.Apply(batch, {.filling = true});
  Finish(batch.counters, {.cluster_id = site.header.cluster_id,
                          .revision = site.header.revision,
                          .lineage = site.lineage});
  Prepare();
}

void SimReplica::Finish(const cv::Counters& counters, const cv::ReplicaPosition& position) {
  disk_.Apply({.counters = counters}, position);
  disk_.Sync();
  must_fill_ = false;
  compacted_ = 0;
  // What this vault has committed itself may be newer: it is told again.
  tip_.batch_revision = 0;
  outside_.on_filled();
}

void SimReplica::Follow(const etcd::RangeResult& found) {
  const Site site(keys_, found);
  RunWaiting();
  if (site.root.has_value() && site.root->mod_revision <= tip_.applied) TellRoot(*site.root);
  tip_.following = true;
  etcd_.Watch(
      tip_.applied + 1, [this](const etcd::RevisionEvents& events) { OnEvents(events); },
      [this](const absl::Status& end) {
        must_fill_ = true;
        (void)absl::SimpleAtoi(ErrorMetadata(end)["compact_revision"], &compacted_);
        PrepareAgain();
      });
}

void SimReplica::OnEvents(const etcd::RevisionEvents& events) {
  if (events.revision > tip_.batch_revision) {
    const auto ordered = *etcd::DecodeBatch(keys_, events);
    if (ordered.has_value()) Apply(events.revision, ordered->origin, ordered->batch);
  }
  tip_.applied = std::max(tip_.applied, events.revision);
  for (const etcd::Event& event : events.events) {
    if (!event.deleted && event.value.key == keys_.Root()) TellRoot(event.value);
  }
}

void SimReplica::ApplyOwn(int64_t revision, const etcd::BatchOrigin& origin,
                          const cv::VaultBatch& batch) {
  Apply(revision, origin, batch);
}

void SimReplica::Apply(int64_t revision, const etcd::BatchOrigin& origin,
                       const cv::VaultBatch& batch) {
  if (revision <= tip_.batch_revision) return;
  disk_.Apply(batch,
              {.cluster_id = tip_.cluster_id, .revision = revision, .lineage = origin.lineage});
  const int64_t after = std::exchange(tip_.batch_revision, revision);
  tip_.lineage = origin.lineage;
  proposals_.emplace_back(origin.proposal, revision);
  if (proposals_.size() > kKnownProposals) proposals_.pop_front();
  outside_.on_applied(after, revision, batch);
  RunWaiting();
}

void SimReplica::TellRoot(const etcd::KeyValue& root) {
  outside_.on_root({.epoch = static_cast<cv::Epoch>(root.mod_revision),
                    .record = *etcd::DecodeRoot(root.value)});
}

void SimReplica::WhenApplied(int64_t batch_revision, absl::Duration patience,
                             std::function<void(bool)> then) {
  if (batch_revision <= tip_.batch_revision) return then(true);
  auto waiter = std::make_shared<std::function<void(bool)>>(std::move(then));
  waiting_.emplace(batch_revision, waiter);
  After(patience, [this, waiter] {
    if (std::erase_if(waiting_, [&](const auto& entry) { return entry.second == waiter; }) == 0) {
      return;
    }
    (*waiter)(false);
  });
}

void SimReplica::RunWaiting() {
  while (!waiting_.empty() && waiting_.begin()->first <= tip_.batch_revision) {
    const auto then = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    (*then)(true);
  }
}

int64_t SimReplica::FindProposal(uint64_t proposal) const {
  const auto found = std::find_if(proposals_.begin(), proposals_.end(),
                                  [&](const auto& known) { return known.first == proposal; });
  return found == proposals_.end() ? 0 : found->second;
}

void SimReplica::GiveSnapshot(const std::shared_ptr<SimStream>& stream) {
  SimStream* const raw = stream.get();
  readers_[raw] = stream;
  stream->SetHandlers(
      [this, raw](const SimMessage& message) {
        const auto reader = disk_.store().Snapshot();
        const auto position = *reader->ReadPosition();
        const auto& wanted = std::any_cast<const SnapshotWanted&>(message.body);
        const bool fits = position.has_value() && !position->filling &&
                          position->lineage == wanted.lineage &&
                          position->revision >= wanted.revision;
        if (fits) {
          (void)etcd::ReadSnapshot(*reader, kPieces, [&](const cv::VaultBatch& piece) {
            raw->Send({"piece", SnapshotMessage{piece, std::nullopt}});
            return absl::OkStatus();
          });
          raw->Send({"piece", SnapshotMessage{{}, position}});
        }
        raw->Close();
        readers_.erase(raw);
      },
      [this, raw] { readers_.erase(raw); });
}

void SimReplica::SyncSometimes() {
  disk_.Sync();
  After(kSyncEvery, [this] { SyncSometimes(); });
}

}  // namespace understudy::simulation
