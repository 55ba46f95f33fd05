#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <thread>

#include "cli/clients/grpc_call.h"
#include "cli/clients/grpc_clients.h"
#include "common/rpc/deadline.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"
#include "understudy/config_vault/v1/replication.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

using config_vault::v1::GetPositionRequest;
using config_vault::v1::GetPositionResponse;
using config_vault::v1::Replication;
using config_vault::v1::RestoreRequest;
using config_vault::v1::RestoreResponse;
using config_vault::v1::RestoreResult;
using config_vault::v1::SeedRequest;
using config_vault::v1::SeedResponse;
using config_vault::v1::SnapshotRequest;
using config_vault::v1::SnapshotResponse;
using Async = class Replication::Stub::async;

constexpr absl::Duration kLong = absl::Minutes(30);

class GrpcReplicationClient final : public ReplicationClient {
 public:
  explicit GrpcReplicationClient(Peer peer)
      : peer_(std::move(peer)), stub_(Replication::NewStub(peer_.channel)) {}

  absl::StatusOr<GetPositionResponse> GetPosition() override {
    return Call(peer_, *stub_->async(), &Async::GetPosition, GetPositionRequest(), peer_.timeout);
  }

  absl::StatusOr<SeedResponse> Seed() override {
    return Call(peer_, *stub_->async(), &Async::Seed, SeedRequest(), kLong);
  }

  absl::Status Snapshot(const EachPart& each) override {
    grpc::ClientContext context;
    rpc::SetTimeout(context, kLong);
    const auto reader = stub_->Snapshot(&context, SnapshotRequest());
    SnapshotResponse part;
    absl::Status status;
    while (status.ok() && reader->Read(&part)) status = each(part);
    if (!status.ok()) context.TryCancel();
    while (reader->Read(&part)) continue;
    const grpc::Status end = reader->Finish();
    if (!status.ok() || end.ok()) return status;
    return NamePeer(peer_, FromGrpcStatus(end));
  }

  absl::StatusOr<RestoreResult> Restore(const NextPart& next, const OnTaken& on_taken) override {
    grpc::ClientContext context;
    rpc::SetTimeout(context, kLong);
    const auto stream = stub_->Restore(&context);
    std::optional<RestoreResult> result;
    // The answers are read while the parts are written.
    std::thread answers([&] {
      RestoreResponse response;
      while (stream->Read(&response)) {
        if (response.has_result()) result = response.result();
        if (!response.has_result()) on_taken(response.pieces_taken());
      }
    });
    const absl::Status sent = Send(*stream, next);
    if (!sent.ok()) context.TryCancel();
    stream->WritesDone();
    answers.join();
    const grpc::Status end = stream->Finish();
    UNDERSTUDY_RETURN_IF_ERROR(sent);
    if (!end.ok()) return NamePeer(peer_, FromGrpcStatus(end));
    if (result.has_value()) return *std::move(result);
    return absl::InternalError(peer_.name + " has not said what came of the restore");
  }

 private:
  // OK also when the vault has ended the call: why is in the call's status.
  static absl::Status Send(grpc::ClientReaderWriter<RestoreRequest, RestoreResponse>& stream,
                           const NextPart& next) {
    while (true) {
      UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<RestoreRequest> part, next());
      if (!part.has_value() || !stream.Write(*part)) return absl::OkStatus();
    }
  }

  const Peer peer_;
  const std::unique_ptr<Replication::Stub> stub_;
};

}  // namespace

std::unique_ptr<ReplicationClient> MakeReplication(Peer peer) {
  return std::make_unique<GrpcReplicationClient>(std::move(peer));
}

}  // namespace understudy::cli::grpc_clients
