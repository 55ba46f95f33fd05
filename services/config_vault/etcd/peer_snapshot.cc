#include "services/config_vault/etcd/peer_snapshot.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/document/chained_digest.h"
#include "common/log/log.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"
#include "services/config_vault/mutation_codec.h"
#include "services/config_vault/storage_codec.h"
#include "understudy/config_vault/v1/replication.grpc.pb.h"

namespace understudy::config_vault::etcd {
namespace {

// For a whole snapshot: some gigabytes over a slow network.
constexpr absl::Duration kSnapshotTimeout = absl::Minutes(10);

absl::Status Corrupt(const std::string& what) {
  return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_SNAPSHOT", what);
}

// Puts a stream's messages together.
class Receiver {
 public:
  explicit Receiver(SnapshotSink& sink) : sink_(sink) {}

  absl::Status Take(v1::SnapshotResponse message) {
    if (message.has_header() && !has_header_) return TakeHeader(message.header());
    if (message.part_case() == v1::SnapshotResponse::kPiece) return TakePiece(message.piece());
    if (!message.has_trailer()) return Corrupt("a part of an unknown kind");
    is_whole_ = message.trailer().pieces() == digest_.pieces() &&
                message.trailer().sha256() == digest_.bytes();
    return is_whole_ ? absl::OkStatus() : Corrupt("the trailer does not fit the pieces");
  }
  bool is_whole() const { return is_whole_; }
  const ReplicaPosition& position() const { return position_; }

 private:
  absl::Status TakeHeader(const v1::SnapshotHeader& header) {
    position_ = {.cluster_id = header.position().cluster_id(),
                 .revision = header.position().revision(),
                 .lineage = header.position().lineage(),
                 .epoch_base = header.position().epoch_base()};
    UNDERSTUDY_ASSIGN_OR_RETURN(counters_, storage::DecodeCounters(header.counters()));
    has_header_ = true;
    return sink_.Begin();
  }
  absl::Status TakePiece(const std::string& piece) {
    if (!has_header_) return Corrupt("a piece came before the header");
    digest_.Add(piece);
    VaultBatch batch{.counters = counters_};
    UNDERSTUDY_ASSIGN_OR_RETURN(batch.mutations, storage::DecodeMutations(piece));
    return sink_.Add(batch);
  }

  SnapshotSink& sink_;
  ChainedDigest digest_;
  ReplicaPosition position_;
  Counters counters_;
  bool has_header_ = false;
  bool is_whole_ = false;
};

absl::Status Receive(grpc::ClientReader<v1::SnapshotResponse>& reader, Receiver& receiver,
                     grpc::ClientContext& context) {
  v1::SnapshotResponse message;
  absl::Status status;
  while (status.ok() && reader.Read(&message)) status = receiver.Take(std::move(message));
  if (!status.ok()) context.TryCancel();
  while (reader.Read(&message)) continue;
  const grpc::Status end = reader.Finish();
  UNDERSTUDY_RETURN_IF_ERROR(status);
  if (!end.ok()) return FromGrpcStatus(end);
  return receiver.is_whole() ? absl::OkStatus() : Corrupt("the stream ended before its trailer");
}

}  // namespace

PeerSnapshotSource::PeerSnapshotSource(std::function<std::vector<std::string>()> peers,
                                       std::optional<rpc::TlsFiles> tls)
    : peers_(std::move(peers)), tls_(std::move(tls)) {}

absl::StatusOr<ReplicaPosition> PeerSnapshotSource::Fetch(const ReplicaPosition& wanted,
                                                          SnapshotSink& sink) {
  const log::Logger log("replica");
  const std::vector<std::string> peers = peers_();
  if (peers.empty()) {
    return MakeError(absl::StatusCode::kUnavailable, "NO_PEERS", "there is no other vault");
  }
  for (const std::string& peer : peers) {
    absl::StatusOr<ReplicaPosition> fetched = FetchFrom(peer, wanted, sink);
    if (fetched.ok()) {
      log.Info("took a snapshot at revision {} from {}", fetched->revision, peer);
      return fetched;
    }
    log.Warn("no snapshot from {}: {}", peer, DescribeError(fetched.status()));
  }
  return MakeError(absl::StatusCode::kUnavailable, "NO_SNAPSHOT", "no other vault has a snapshot");
}

absl::StatusOr<ReplicaPosition> PeerSnapshotSource::FetchFrom(const std::string& peer,
                                                              const ReplicaPosition& wanted,
                                                              SnapshotSink& sink) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                              rpc::MakeChannel(peer, tls_));
  const std::unique_ptr<v1::Replication::Stub> stub = v1::Replication::NewStub(channel);
  grpc::ClientContext context;
  rpc::SetTimeout(context, kSnapshotTimeout);
  {
    absl::MutexLock lock(&mutex_);
    if (cancelled_) return absl::CancelledError("the vault is shutting down");
    context_ = &context;
  }
  v1::SnapshotRequest request;
  request.set_cluster_id(wanted.cluster_id);
  request.set_lineage(wanted.lineage);
  request.set_min_revision(wanted.revision);
  request.set_epoch_base(wanted.epoch_base);
  Receiver receiver(sink);
  const absl::Status status = Receive(*stub->Snapshot(&context, request), receiver, context);
  {
    absl::MutexLock lock(&mutex_);
    context_ = nullptr;
  }
  UNDERSTUDY_RETURN_IF_ERROR(status);
  return receiver.position();
}

void PeerSnapshotSource::Cancel() {
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

}  // namespace understudy::config_vault::etcd
