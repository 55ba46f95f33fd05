#include <grpcpp/channel.h>

#include <algorithm>
#include <utility>

#include "cli/clients/grpc_clients.h"
#include "cli/clients/grpc_watch.h"
#include "common/rpc/client_call.h"
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
  GrpcOrchestratorClient(const SharedChannel& channel, absl::Duration timeout)
      : stub_(FailoverOrchestrator::NewStub(channel)), timeout_(timeout) {}

  absl::StatusOr<v1::GetStatusResponse> GetStatus() override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::GetStatus, v1::GetStatusRequest(),
                                 timeout_);
  }
  absl::StatusOr<v1::ListFailoversResponse> ListFailovers(
      const v1::ListFailoversRequest& request) override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::ListFailovers, request, timeout_);
  }
  absl::StatusOr<v1::GetFailoverResponse> GetFailover(const std::string& id) override {
    v1::GetFailoverRequest request;
    request.set_failover_id(id);
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::GetFailover, request, timeout_);
  }
  absl::Status WatchFailovers(const Each<v1::WatchFailoversResponse>& each) override {
    return WatchAndWait<v1::WatchFailoversResponse>(*stub_->async(), &Async::WatchFailovers,
                                                    v1::WatchFailoversRequest(), each);
  }
  absl::StatusOr<v1::DrillResponse> Drill(const v1::DrillRequest& request) override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::Drill, request,
                                 std::max(timeout_, kDrillTimeout));
  }

 private:
  const std::unique_ptr<FailoverOrchestrator::Stub> stub_;
  const absl::Duration timeout_;
};

}  // namespace

std::unique_ptr<OrchestratorClient> MakeOrchestrator(SharedChannel channel,
                                                     absl::Duration timeout) {
  return std::make_unique<GrpcOrchestratorClient>(channel, timeout);
}

}  // namespace understudy::cli::grpc_clients
