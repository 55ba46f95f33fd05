#include <grpcpp/channel.h>

#include <utility>

#include "cli/clients/grpc_clients.h"
#include "common/rpc/client_call.h"
#include "understudy/station_agent/v1/station_agent.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

using station_agent::v1::StationAgent;
using Async = class StationAgent::Stub::async;

class GrpcAgentClient final : public AgentClient {
 public:
  GrpcAgentClient(const SharedChannel& channel, absl::Duration timeout)
      : stub_(StationAgent::NewStub(channel)), timeout_(timeout) {}

  absl::StatusOr<station_agent::v1::GetStatusResponse> GetStatus() override {
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::GetStatus,
                                 station_agent::v1::GetStatusRequest(), timeout_);
  }
  absl::StatusOr<station_agent::v1::LeaveResponse> Leave(const std::string& reason) override {
    station_agent::v1::LeaveRequest request;
    request.set_reason(reason);
    return rpc::CallUnaryAndWait(*stub_->async(), &Async::Leave, request, timeout_);
  }

 private:
  const std::unique_ptr<StationAgent::Stub> stub_;
  const absl::Duration timeout_;
};

}  // namespace

std::unique_ptr<AgentClient> MakeAgent(SharedChannel channel, absl::Duration timeout) {
  return std::make_unique<GrpcAgentClient>(channel, timeout);
}

}  // namespace understudy::cli::grpc_clients
