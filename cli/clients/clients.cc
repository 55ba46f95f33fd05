#include "cli/clients/clients.h"

#include <utility>

#include "cli/clients/grpc_clients.h"
#include "common/rpc/channel.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

class GrpcClientFactory final : public ClientFactory {
 public:
  explicit GrpcClientFactory(const Connection& connection) : connection_(connection) {}

  absl::StatusOr<std::unique_ptr<VaultClient>> Vault(const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto channel, Channel(address));
    return grpc_clients::MakeVault(std::move(channel), connection_.timeout);
  }
  absl::StatusOr<std::unique_ptr<MembershipClient>> Membership(
      const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto channel, Channel(address));
    return grpc_clients::MakeMembership(std::move(channel), connection_.timeout);
  }
  absl::StatusOr<std::unique_ptr<OrchestratorClient>> Orchestrator(
      const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto channel, Channel(address));
    return grpc_clients::MakeOrchestrator(std::move(channel), connection_.timeout);
  }
  absl::StatusOr<std::unique_ptr<AgentClient>> Agent(const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto channel, Channel(address));
    return grpc_clients::MakeAgent(std::move(channel), connection_.timeout);
  }
  absl::StatusOr<std::string> Health(const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto channel, Channel(address));
    return grpc_clients::AskHealth(std::move(channel), connection_.timeout);
  }

 private:
  absl::StatusOr<std::shared_ptr<grpc::Channel>> Channel(const std::string& address) const {
    return rpc::MakeChannel(address, connection_.tls);
  }

  const Connection connection_;
};

}  // namespace

std::unique_ptr<ClientFactory> MakeGrpcClients(const Connection& connection) {
  return std::make_unique<GrpcClientFactory>(connection);
}

}  // namespace understudy::cli
