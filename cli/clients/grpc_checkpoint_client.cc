#include <grpcpp/channel.h>

#include <atomic>
#include <utility>

#include "cli/clients/grpc_call.h"
#include "cli/clients/grpc_clients.h"
#include "cli/clients/grpc_watch.h"
#include "understudy/checkpoint_store/v1/checkpoint_admin.grpc.pb.h"
#include "understudy/checkpoint_store/v1/checkpoints.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

namespace v1 = checkpoint_store::v1;

using v1::CheckpointAdmin;
using v1::Checkpoints;
using AdminAsync = class CheckpointAdmin::Stub::async;
using DeviceAsync = class Checkpoints::Stub::async;

class GrpcCheckpointClient final : public CheckpointClient {
 public:
  explicit GrpcCheckpointClient(Peer peer)
      : peer_(std::move(peer)),
        admin_(CheckpointAdmin::NewStub(peer_.channel)),
        devices_(Checkpoints::NewStub(peer_.channel)) {}

  absl::StatusOr<v1::EnrolResponse> Enrol(const v1::EnrolRequest& request) override {
    return Call(peer_, *devices_->async(), &DeviceAsync::Enrol, request, peer_.timeout);
  }
  absl::StatusOr<v1::ListResponse> List(const v1::ListRequest& request) override {
    return Call(peer_, *admin_->async(), &AdminAsync::List, request, peer_.timeout);
  }
  absl::StatusOr<v1::InspectResponse> Inspect(const v1::InspectRequest& request) override {
    return Call(peer_, *admin_->async(), &AdminAsync::Inspect, request, peer_.timeout);
  }
  absl::StatusOr<v1::GenerationsResponse> Generations(
      const v1::GenerationsRequest& request) override {
    return Call(peer_, *admin_->async(), &AdminAsync::Generations, request, peer_.timeout);
  }
  absl::StatusOr<v1::ReadResponse> Read(const v1::ReadRequest& request) override {
    return Call(peer_, *admin_->async(), &AdminAsync::Read, request, peer_.timeout);
  }
  absl::StatusOr<v1::StageResponse> Stage(const v1::StageRequest& request) override {
    return Call(peer_, *admin_->async(), &AdminAsync::Stage, request, peer_.timeout);
  }
  absl::StatusOr<v1::WithdrawResponse> Withdraw(const v1::WithdrawRequest& request) override {
    return Call(peer_, *admin_->async(), &AdminAsync::Withdraw, request, peer_.timeout);
  }
  absl::StatusOr<v1::RevokeResponse> Revoke(const v1::RevokeRequest& request) override {
    return Call(peer_, *admin_->async(), &AdminAsync::Revoke, request, peer_.timeout);
  }
  absl::Status Watch(const v1::WatchRequest& request,
                     const Each<v1::WatchResponse>& each) override {
    std::atomic<bool> heard = false;
    return grpc_clients::Watch<v1::WatchResponse>(peer_, watches_, *admin_->async(),
                                                  &AdminAsync::Watch, request, each, heard);
  }

 private:
  const Peer peer_;
  const std::unique_ptr<CheckpointAdmin::Stub> admin_;
  const std::unique_ptr<Checkpoints::Stub> devices_;
  WatchGroup watches_;
};

}  // namespace

std::unique_ptr<CheckpointClient> MakeCheckpoints(Peer peer) {
  return std::make_unique<GrpcCheckpointClient>(std::move(peer));
}

}  // namespace understudy::cli::grpc_clients
