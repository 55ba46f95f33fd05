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
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peer, PeerAt("config-vault", address));
    return grpc_clients::MakeVault(std::move(peer));
  }
  absl::StatusOr<std::unique_ptr<MembershipClient>> Membership(
      const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peer, PeerAt("membership", address));
    return grpc_clients::MakeMembership(std::move(peer));
  }
  absl::StatusOr<std::unique_ptr<OrchestratorClient>> Orchestrator(
      const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peer, PeerAt("failover-orchestrator", address));
    return grpc_clients::MakeOrchestrator(std::move(peer));
  }
  absl::StatusOr<std::unique_ptr<AgentClient>> Agent(const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peer, PeerAt("station-agent", address));
    return grpc_clients::MakeAgent(std::move(peer));
  }
  absl::StatusOr<std::string> Health(const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peer, PeerAt("the service", address));
    return grpc_clients::AskHealth(peer);
  }

 private:
  absl::StatusOr<grpc_clients::Peer> PeerAt(const std::string& name,
                                            const std::string& address) const {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto channel, rpc::MakeChannel(address, connection_.tls));
    return grpc_clients::Peer{.channel = std::move(channel),
                              .name = name + " at " + address,
                              .timeout = connection_.timeout};
  }

  const Connection connection_;
};

}  // namespace

std::unique_ptr<ClientFactory> MakeGrpcClients(const Connection& connection) {
  return std::make_unique<GrpcClientFactory>(connection);
}

}  // namespace understudy::cli
