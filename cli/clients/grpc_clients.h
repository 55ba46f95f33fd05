#ifndef UNDERSTUDY_CLI_CLIENTS_GRPC_CLIENTS_H_
#define UNDERSTUDY_CLI_CLIENTS_GRPC_CLIENTS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/clients/agent_client.h"
#include "cli/clients/membership_client.h"
#include "cli/clients/orchestrator_client.h"
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

// An error that no service sent, because none was reached, becomes NOT_REACHABLE with the peer's
// name; all else stays as it is.
absl::Status NamePeer(const Peer& peer, const absl::Status& status);

std::unique_ptr<VaultClient> MakeVault(Peer peer);
std::unique_ptr<MembershipClient> MakeMembership(Peer peer);
std::unique_ptr<OrchestratorClient> MakeOrchestrator(Peer peer);
std::unique_ptr<AgentClient> MakeAgent(Peer peer);
absl::StatusOr<std::string> AskHealth(const Peer& peer);

}  // namespace understudy::cli::grpc_clients

#endif  // UNDERSTUDY_CLI_CLIENTS_GRPC_CLIENTS_H_
