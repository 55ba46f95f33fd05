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

  absl::StatusOr<std::unique_ptr<VaultClient>> Vault(const ControlNodes& nodes) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peers, PeersAt("config-vault", nodes, &ControlNode::vault));
    return grpc_clients::MakeVault(std::move(peers));
  }
  absl::StatusOr<std::unique_ptr<MembershipClient>> Membership(const ControlNodes& nodes) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peers, PeersAt("membership", nodes, &ControlNode::membership));
    return grpc_clients::MakeMembership(std::move(peers));
  }
  absl::StatusOr<std::unique_ptr<OrchestratorClient>> Orchestrator(
      const ControlNodes& nodes) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(
        auto peers, PeersAt("failover-orchestrator", nodes, &ControlNode::orchestrator));
    return grpc_clients::MakeOrchestrator(std::move(peers));
  }
  absl::StatusOr<std::unique_ptr<AgentClient>> Agent(const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peer, PeerAt("station-agent", address));
    return grpc_clients::MakeAgent(std::move(peer));
  }
  absl::StatusOr<std::unique_ptr<CheckpointClient>> Checkpoints(
      const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peer, PeerAt("checkpoint-store", address));
    return grpc_clients::MakeCheckpoints(std::move(peer));
  }
  absl::StatusOr<std::unique_ptr<ReplicationClient>> Replication(
      const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peer, PeerAt("config-vault", address));
    return grpc_clients::MakeReplication(std::move(peer));
  }
  absl::StatusOr<std::string> Health(const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peer, PeerAt("the service", address));
    return grpc_clients::AskHealth(peer);
  }
  absl::StatusOr<config_vault::v1::WatchRoleResponse> Role(const std::string& address) override {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto peer, PeerAt("config-vault", address));
    return grpc_clients::AskRole(peer);
  }

 private:
  absl::StatusOr<grpc_clients::Peer> PeerAt(const std::string& name,
                                            const std::string& address) const {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto channel, rpc::MakeChannel(address, connection_.tls));
    return grpc_clients::Peer{.channel = std::move(channel),
                              .name = name + " at " + address,
                              .timeout = connection_.timeout};
  }

  // Nodes of which the service's address is known. The certificates are tried out here.
  absl::StatusOr<grpc_clients::Peers> PeersAt(const std::string& name, const ControlNodes& nodes,
                                              std::string ControlNode::*service) const {
    grpc_clients::Peers peers = {
        .nodes = {},
        .service = service,
        .connect = [self = *this, name](const std::string& to) { return self.PeerAt(name, to); },
        .timeout = connection_.timeout};
    for (const ControlNode& node : nodes) {
      if (!(node.*service).empty()) peers.nodes.push_back(node);
    }
    if (peers.nodes.empty()) {
      return MakeError(absl::StatusCode::kInvalidArgument, "NO_ADDRESS",
                       "no address of " + name + " is known");
    }
    UNDERSTUDY_RETURN_IF_ERROR(PeerAt(name, peers.nodes.front().*service).status());
    return peers;
  }

  const Connection connection_;
};

}  // namespace

std::unique_ptr<ClientFactory> MakeGrpcClients(const Connection& connection) {
  return std::make_unique<GrpcClientFactory>(connection);
}

}  // namespace understudy::cli
