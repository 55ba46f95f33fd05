#ifndef UNDERSTUDY_CLI_CLIENTS_GRPC_CLIENTS_H_
#define UNDERSTUDY_CLI_CLIENTS_GRPC_CLIENTS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/clients/agent_client.h"
#include "cli/clients/checkpoint_client.h"
#include "cli/clients/clients.h"
#include "cli/clients/membership_client.h"
#include "cli/clients/orchestrator_client.h"
#include "cli/clients/replication_client.h"
#include "cli/clients/vault_client.h"

namespace grpc {
class Channel;
}

// Only for the factory: one service a file, so that each compiles its stubs alone.
namespace understudy::cli::grpc_clients {

using SharedChannel = std::shared_ptr<grpc::Channel>;

// Who is called.
struct Peer {
  SharedChannel channel;
  // "config-vault at 127.0.0.1:7102".
  std::string name;
  absl::Duration timeout;
};

// Who may be root.
struct Peers {
  ControlNodes nodes;
  // Which of a node's services is meant.
  std::string ControlNode::*service;
  std::function<absl::StatusOr<Peer>(const std::string& address)> connect;
  // Of a call, however many nodes are asked.
  absl::Duration timeout;
};

// An error that no service sent, because none was reached, becomes NOT_REACHABLE with the peer's
// name; all else stays as it is.
absl::Status NamePeer(const Peer& peer, const absl::Status& status);

std::unique_ptr<VaultClient> MakeVault(Peers peers);
std::unique_ptr<MembershipClient> MakeMembership(Peers peers);
std::unique_ptr<OrchestratorClient> MakeOrchestrator(Peers peers);
std::unique_ptr<AgentClient> MakeAgent(Peer peer);
std::unique_ptr<CheckpointClient> MakeCheckpoints(Peer peer);
std::unique_ptr<ReplicationClient> MakeReplication(Peer peer);
absl::StatusOr<std::string> AskHealth(const Peer& peer);
absl::StatusOr<config_vault::v1::WatchRoleResponse> AskRole(const Peer& peer);

}  // namespace understudy::cli::grpc_clients

#endif  // UNDERSTUDY_CLI_CLIENTS_GRPC_CLIENTS_H_
