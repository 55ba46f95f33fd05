#include <grpcpp/channel.h>

#include <algorithm>
#include <utility>

#include "cli/clients/grpc_clients.h"
#include "cli/clients/root_client.h"
#include "common/status/status.h"
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
  explicit GrpcOrchestratorClient(Peers peers) : root_(std::move(peers)) {}

  absl::StatusOr<v1::GetStatusResponse> GetStatus() override {
    return root_.Call(&Async::GetStatus, v1::GetStatusRequest());
  }
  absl::StatusOr<v1::ListFailoversResponse> ListFailovers(
      const v1::ListFailoversRequest& request) override {
    return root_.Call(&Async::ListFailovers, request);
  }
  absl::StatusOr<v1::GetFailoverResponse> GetFailover(const std::string& id) override {
    v1::GetFailoverRequest request;
    request.set_failover_id(id);
    return root_.Call(&Async::GetFailover, request);
  }
  absl::Status WatchFailovers(const Each<v1::WatchFailoversResponse>& each) override {
    return root_.Watch(&Async::WatchFailovers, v1::WatchFailoversRequest(), each);
  }
  absl::StatusOr<v1::DrillResponse> Drill(const v1::DrillRequest& request) override {
    // A drill must not happen twice: first find the root, then ask it, once.
    UNDERSTUDY_RETURN_IF_ERROR(GetStatus().status());
    return root_.CallOnce(kDrillTimeout, &Async::Drill, request);
  }

  void EndWatches() override { root_.EndWatches(); }

 private:
  RootClient<FailoverOrchestrator> root_;
};

}  // namespace

std::unique_ptr<OrchestratorClient> MakeOrchestrator(Peers peers) {
  return std::make_unique<GrpcOrchestratorClient>(std::move(peers));
}

}  // namespace understudy::cli::grpc_clients
