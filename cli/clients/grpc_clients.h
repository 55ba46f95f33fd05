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

std::unique_ptr<VaultClient> MakeVault(SharedChannel channel, absl::Duration timeout);
std::unique_ptr<MembershipClient> MakeMembership(SharedChannel channel, absl::Duration timeout);
std::unique_ptr<OrchestratorClient> MakeOrchestrator(SharedChannel channel, absl::Duration timeout);
std::unique_ptr<AgentClient> MakeAgent(SharedChannel channel, absl::Duration timeout);
absl::StatusOr<std::string> AskHealth(SharedChannel channel, absl::Duration timeout);

}  // namespace understudy::cli::grpc_clients

#endif  // UNDERSTUDY_CLI_CLIENTS_GRPC_CLIENTS_H_
