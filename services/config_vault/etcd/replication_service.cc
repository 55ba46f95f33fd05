#include "services/config_vault/etcd/replication_service.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/document/chained_digest.h"
#include "common/rpc/server_stream.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "services/config_vault/etcd/snapshot.h"
#include "services/config_vault/mutation_codec.h"
#include "services/config_vault/restore/operator_check.h"
#include "services/config_vault/restore/restore_session.h"
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
  to.set_epoch_base(from.epoch_base);
}

// A replica asks for a cluster; it must not get what is as far behind as itself. A backup does not.
absl::Status CheckAsked(const v1::SnapshotRequest& request, const ReplicaPosition& position,
                        bool is_following) {
  if (position.filling || (request.cluster_id() != 0 && !is_following)) {
    return MakeError(absl::StatusCode::kUnavailable, "NO_SNAPSHOT",
                     "this vault does not follow itself, or is being filled");
  }
  if (position.revision < request.min_revision()) {
    return MakeError(absl::StatusCode::kUnavailable, "NO_SNAPSHOT",
                     "this vault has not come to the revision that was asked for");
  }
  const bool is_same_etcd = request.cluster_id() == position.cluster_id &&
                            request.epoch_base() == position.epoch_base;
  const bool is_same = (request.cluster_id() == 0 || is_same_etcd) &&
                       (request.lineage() == 0 || request.lineage() == position.lineage);
  if (is_same) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "OTHER_DATA",
                   "this vault's data is of another cluster or lineage");
}

absl::Status SendHeader(const VaultReader& reader, const v1::SnapshotRequest& request,
                        const ReplicationService::Hooks& hooks, Stream& stream) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<ReplicaPosition> position, reader.ReadPosition());
  UNDERSTUDY_RETURN_IF_ERROR(
      CheckAsked(request, position.value_or(ReplicaPosition{}), hooks.is_following()));
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, reader.ReadCounters());
  v1::SnapshotResponse response;
  v1::SnapshotHeader& header = *response.mutable_header();
  ToProto(position.value_or(ReplicaPosition{}), *header.mutable_position());
  header.set_counters(storage::EncodeCounters(counters));
  header.set_epoch(hooks.epoch());
  header.set_revision(counters.revision);
  header.set_documents(counters.documents);
  header.set_kept_revisions(counters.kept_revisions);
  stream.Send(std::move(response));
  return absl::OkStatus();
}

absl::Status SendSnapshot(const VaultReader& reader, const v1::SnapshotRequest& request,
                          const ReplicationService::Hooks& hooks, Stream& stream, Room& room) {
  UNDERSTUDY_RETURN_IF_ERROR(SendHeader(reader, request, hooks, stream));
  ChainedDigest digest;
  uint64_t revisions = 0;
  const auto send = [&](const VaultBatch& piece) {
    absl::Status status = room.Await(stream);
    if (!status.ok()) return status;
    v1::SnapshotResponse response;
    response.set_piece(storage::EncodeMutations(piece.mutations));
    digest.Add(response.piece());
    revisions += static_cast<uint64_t>(
        std::count_if(piece.mutations.begin(), piece.mutations.end(), [](const Mutation& mutation) {
          return std::holds_alternative<WriteRevision>(mutation);
        }));
    response.set_revisions_so_far(revisions);
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
  response.set_kept_revisions(counters.kept_revisions);
  return response;
}

}  // namespace

ReplicationService::ReplicationService(const VaultStore& store, const Clock& clock,
                                       rpc::StreamGroup& streams, const std::string& directory,
                                       Hooks hooks)
    : store_(store),
      streams_(streams),
      staging_path_(directory + "/restore.tmp"),
      hooks_(std::move(hooks)),
      snapshots_("vault-snapshot", clock),
      restores_("vault-restore", clock) {
  // Of a restore that a crash broke off.
  (void)std::remove(staging_path_.c_str());
}

ReplicationService::~ReplicationService() { Stop(); }

grpc::ServerUnaryReactor* ReplicationService::GetPosition(grpc::CallbackServerContext* context,
                                                          const v1::GetPositionRequest*,
                                                          v1::GetPositionResponse* response) {
  rpc::UnaryReply<v1::GetPositionResponse> reply(context, response, kDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  snapshots_.Post([this, reply = std::move(reply)]() mutable {
    absl::StatusOr<v1::GetPositionResponse> found = ReadPosition(*store_.Snapshot());
    if (found.ok()) {
      found->set_following(hooks_.is_following());
      found->set_epoch(hooks_.epoch());
    }
    reply.Finish(std::move(found));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ReplicationService::Seed(grpc::CallbackServerContext* context,
                                                   const v1::SeedRequest*,
                                                   v1::SeedResponse* response) {
  rpc::UnaryReply<v1::SeedResponse> reply(context, response, kDomain);
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  const absl::Status allowed = CheckOperator(*context);
  snapshots_.Post([this, allowed, reply = std::move(reply)]() mutable {
    reply.Finish(allowed.ok() ? hooks_.seed() : allowed);
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::SnapshotResponse>* ReplicationService::Snapshot(
    grpc::CallbackServerContext* context, const v1::SnapshotRequest* request) {
  // A control node asks for its own cluster's data; all else is a backup.
  const absl::Status allowed =
      request->cluster_id() == 0 ? CheckOperator(*context) : absl::OkStatus();
  const auto room = std::make_shared<Room>();
  const auto stream = Stream::Make({.domain = kDomain,
                                    .max_queue = 4 * kMaxQueue,
                                    .on_done = [room](const absl::Status&) { room->Signal(); },
                                    .group = &streams_,
                                    .on_drained = [room] { room->Signal(); }});
  snapshots_.Post([this, allowed, room, stream, request = *request] {
    if (!allowed.ok()) return stream->Finish(allowed);
    if (!stream->is_open()) return;
    stream->Finish(SendSnapshot(*store_.Snapshot(), request, hooks_, *stream, *room));
  });
  return stream.get();
}

grpc::ServerBidiReactor<v1::RestoreRequest, v1::RestoreResponse>* ReplicationService::Restore(
    grpc::CallbackServerContext* context) {
  const absl::Status allowed = CheckOperator(*context);
  const bool is_ours = allowed.ok() && !is_restoring_.exchange(true);
  // Empty: whatever comes is passed over.
  const auto session = std::make_shared<std::optional<RestoreSession>>();
  if (is_ours) session->emplace(staging_path_, hooks_.restore);
  auto stream = RestoreSession::Stream::Make(
      [this, session](const std::shared_ptr<RestoreSession::Stream>& from,
                      v1::RestoreRequest message) {
        restores_.Post([session, from, message = std::move(message)] {
          if (session->has_value()) (*session)->OnMessage(*from, message);
        });
      },
      {.domain = kDomain,
       .on_done =
           [this, session, is_ours](const absl::Status&) {
             restores_.Post([this, session, is_ours] {
               session->reset();
               if (is_ours) is_restoring_ = false;
             });
           },
       .group = &streams_,
       .read_on_demand = true,
       .context = context});
  if (!allowed.ok()) stream->Finish(allowed);
  if (allowed.ok() && !is_ours) {
    stream->Finish(MakeError(absl::StatusCode::kAborted, "RESTORE_UNDER_WAY",
                             "another restore is under way; nothing was changed"));
  }
  return stream.get();
}

}  // namespace understudy::config_vault
