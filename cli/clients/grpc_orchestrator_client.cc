#include <grpcpp/channel.h>

#include <algorithm>
#include <utility>

#include "cli/clients/grpc_call.h"
#include "cli/clients/grpc_clients.h"
#include "understudy/failover_orchestrator/v1/failover_orchestrator.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

namespace v1 = failover_orchestrator::v1;
using v1::FailoverOrchestrator;
using Async = class FailoverOrchestrator::Stub::async;

// A drill is answered when the duty runs elsewhere or the orchestrator has given up waiting.
constexpr absl::Duration kDrillTimeout = absl::Seconds(60);

class GrpcOrchestratorClient final : public OrchestratorClient {
 public:
  explicit GrpcOrchestratorClient(Peer peer)
      : peer_(std::move(peer)), stub_(FailoverOrchestrator::NewStub(peer_.channel)) {}

  absl::StatusOr<v1::GetStatusResponse> GetStatus() override {
    return Call(peer_, *stub_->async(), &Async::GetStatus, v1::GetStatusRequest(), peer_.timeout);
  }
  absl::StatusOr<v1::ListFailoversResponse> ListFailovers(
      const v1::ListFailoversRequest& request) override {
    return Call(peer_, *stub_->async(), &Async::ListFailovers, request, peer_.timeout);
  }
  absl::StatusOr<v1::GetFailoverResponse> GetFailover(const std::string& id) override {
    v1::GetFailoverRequest request;
    request.set_failover_id(id);
    return Call(peer_, *stub_->async(), &Async::GetFailover, request, peer_.timeout);
  }
  absl::Status WatchFailovers(const Each<v1::WatchFailoversResponse>& each) override {
    return grpc_clients::Watch<v1::WatchFailoversResponse>(peer_, watches_, *stub_->async(),
                                                           &Async::WatchFailovers,
                                                           v1::WatchFailoversRequest(), each);
  }
  absl::StatusOr<v1::DrillResponse> Drill(const v1::DrillRequest& request) override {
    return Call(peer_, *stub_->async(), &Async::Drill, request,
                std::max(peer_.timeout, kDrillTimeout));
  }

  void EndWatches() override { watches_.EndAll(); }

 private:
  const Peer peer_;
  const std::unique_ptr<FailoverOrchestrator::Stub> stub_;
  WatchGroup watches_;
};

}  // namespace

std::unique_ptr<OrchestratorClient> MakeOrchestrator(Peer peer) {
  return std::make_unique<GrpcOrchestratorClient>(std::move(peer));
}

}  // namespace understudy::cli::grpc_clients
