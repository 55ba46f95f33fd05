#include <grpcpp/channel.h>

#include <utility>

#include "cli/clients/grpc_call.h"
#include "cli/clients/grpc_clients.h"
#include "understudy/station_agent/v1/station_agent.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

using station_agent::v1::StationAgent;
using Async = class StationAgent::Stub::async;

class GrpcAgentClient final : public AgentClient {
 public:
  explicit GrpcAgentClient(Peer peer)
      : peer_(std::move(peer)), stub_(StationAgent::NewStub(peer_.channel)) {}

  absl::StatusOr<station_agent::v1::GetStatusResponse> GetStatus() override {
    return Call(peer_, *stub_->async(), &Async::GetStatus, station_agent::v1::GetStatusRequest(),
                peer_.timeout);
  }
  absl::StatusOr<station_agent::v1::LeaveResponse> Leave(const std::string& reason) override {
    station_agent::v1::LeaveRequest request;
    request.set_reason(reason);
    return Call(peer_, *stub_->async(), &Async::Leave, request, peer_.timeout);
  }
  absl::StatusOr<station_agent::v1::ListCoroutinesResponse> ListCoroutines(
      uint32_t limit) override {
    station_agent::v1::ListCoroutinesRequest request;
    request.set_limit(limit);
    return Call(peer_, *stub_->async(), &Async::ListCoroutines, request, peer_.timeout);
  }

 private:
  const Peer peer_;
  const std::unique_ptr<StationAgent::Stub> stub_;
};

}  // namespace

std::unique_ptr<AgentClient> MakeAgent(Peer peer) {
  return std::make_unique<GrpcAgentClient>(std::move(peer));
}

}  // namespace understudy::cli::grpc_clients
