#include "services/config_vault/etcd/replication_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/server_stream.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/snapshot.h"
#include "services/config_vault/etcd/snapshot_digest.h"
#include "services/config_vault/mutation_codec.h"
#include "services/config_vault/storage_codec.h"

namespace understudy::config_vault {
namespace {

constexpr char kDomain[] = "config-vault.understudy";
// Messages that wait in a stream: at most some 2 MiB.
constexpr size_t kMaxQueue = 4;
constexpr absl::Duration kStallLimit = absl::Seconds(30);

using Stream = rpc::ServerStream<v1::SnapshotResponse>;

// Wakes the thread that feeds a stream when the stream has room again, or is over.
class Room {
 public:
  void Signal() {
    absl::MutexLock lock(&mutex_);
    changed_.SignalAll();
  }
  // OK when another message may be sent.
  absl::Status Await(const Stream& stream) {
    absl::MutexLock lock(&mutex_);
    while (stream.is_open() && stream.queue_length() >= kMaxQueue) {
      if (!changed_.WaitWithTimeout(&mutex_, kStallLimit)) continue;
      return MakeError(absl::StatusCode::kResourceExhausted, "SNAPSHOT_TOO_SLOW",
                       "nothing was read from the stream for 30 s");
    }
    return stream.is_open() ? absl::OkStatus() : absl::CancelledError("the caller went away");
  }

 private:
  absl::Mutex mutex_;
  absl::CondVar changed_;
};

void ToProto(const ReplicaPosition& from, v1::Position& to) {
  to.set_cluster_id(from.cluster_id);
  to.set_revision(from.revision);
  to.set_lineage(from.lineage);
}

// A replica asks for a cluster; it must not get what is as far behind as itself. A backup does not.
absl::Status CheckAsked(const v1::SnapshotRequest& request, const ReplicaPosition& position,
                        bool is_following) {
  if (position.filling || (request.cluster_id() != 0 && !is_following)) {
    return MakeError(absl::StatusCode::kUnavailable, "NO_SNAPSHOT",
                     "this vault does not follow itself, or is being filled");
  }
  const bool is_same = (request.cluster_id() == 0 || request.cluster_id() == position.cluster_id) &&
                       (request.lineage() == 0 || request.lineage() == position.lineage);
  if (is_same) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "OTHER_DATA",
                   "this vault's data is of another cluster or lineage");
}

absl::Status SendHeader(const VaultReader& reader, const v1::SnapshotRequest& request,
                        bool is_following, Stream& stream) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<ReplicaPosition> position, reader.ReadPosition());
  UNDERSTUDY_RETURN_IF_ERROR(
      CheckAsked(request, position.value_or(ReplicaPosition{}), is_following));
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, reader.ReadCounters());
  v1::SnapshotResponse response;
  ToProto(position.value_or(ReplicaPosition{}), *response.mutable_header()->mutable_position());
  response.mutable_header()->set_counters(storage::EncodeCounters(counters));
  stream.Send(std::move(response));
  return absl::OkStatus();
}

absl::Status SendSnapshot(const VaultReader& reader, const v1::SnapshotRequest& request,
                          bool is_following, Stream& stream, Room& room) {
  UNDERSTUDY_RETURN_IF_ERROR(SendHeader(reader, request, is_following, stream));
  etcd::SnapshotDigest digest;
  const auto send = [&](const VaultBatch& piece) {
    absl::Status status = room.Await(stream);
    if (!status.ok()) return status;
    v1::SnapshotResponse response;
    response.set_piece(storage::EncodeMutations(piece.mutations));
    digest.Add(response.piece());
    stream.Send(std::move(response));
    return absl::OkStatus();
  };
  UNDERSTUDY_RETURN_IF_ERROR(etcd::ReadSnapshot(reader, {}, send));
  UNDERSTUDY_RETURN_IF_ERROR(room.Await(stream));
  v1::SnapshotResponse response;
  response.mutable_trailer()->set_pieces(digest.pieces());
  response.mutable_trailer()->set_sha256(digest.bytes());
  stream.Send(std::move(response));
  return absl::OkStatus();
}

absl::StatusOr<v1::GetPositionResponse> ReadPosition(const VaultReader& reader) {
  v1::GetPositionResponse response;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<ReplicaPosition> position, reader.ReadPosition());
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, reader.ReadCounters());
  if (position.has_value()) ToProto(*position, *response.mutable_position());
  response.set_revision(counters.revision);
  response.set_documents(counters.documents);
  return response;
}

}  // namespace

ReplicationService::ReplicationService(const VaultStore& store, const Clock& clock,
                                       rpc::StreamGroup& streams, Hooks hooks)
    : store_(store),
      streams_(streams),
      hooks_(std::move(hooks)),
      snapshots_("vault-snapshot", clock) {}

ReplicationService::~ReplicationService() { Stop(); }

grpc::ServerUnaryReactor* ReplicationService::GetPosition(grpc::CallbackServerContext* context,
                                                          const v1::GetPositionRequest*,
                                                          v1::GetPositionResponse* response) {
  rpc::UnaryReply<v1::GetPositionResponse> reply(context, response, kDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  snapshots_.Post([this, reply = std::move(reply)]() mutable {
    absl::StatusOr<v1::GetPositionResponse> found = ReadPosition(*store_.Snapshot());
    if (found.ok()) found->set_following(hooks_.is_following());
    reply.Finish(std::move(found));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ReplicationService::Seed(grpc::CallbackServerContext* context,
                                                   const v1::SeedRequest*,
                                                   v1::SeedResponse* response) {
  rpc::UnaryReply<v1::SeedResponse> reply(context, response, kDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  snapshots_.Post([this, reply = std::move(reply)]() mutable { reply.Finish(hooks_.seed()); });
  return reactor;
}

grpc::ServerWriteReactor<v1::SnapshotResponse>* ReplicationService::Snapshot(
    grpc::CallbackServerContext*, const v1::SnapshotRequest* request) {
  const auto room = std::make_shared<Room>();
  const auto stream = Stream::Make({.domain = kDomain,
                                    .max_queue = 4 * kMaxQueue,
                                    .on_done = [room](const absl::Status&) { room->Signal(); },
                                    .group = &streams_,
                                    .on_drained = [room] { room->Signal(); }});
  snapshots_.Post([this, room, stream, request = *request] {
    if (!stream->is_open()) return;
    stream->Finish(
        SendSnapshot(*store_.Snapshot(), request, hooks_.is_following(), *stream, *room));
  });
  return stream.get();
}

}  // namespace understudy::config_vault
