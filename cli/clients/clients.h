#ifndef UNDERSTUDY_CLI_CLIENTS_CLIENTS_H_
#define UNDERSTUDY_CLI_CLIENTS_CLIENTS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/clients/agent_client.h"
#include "cli/clients/checkpoint_client.h"
#include "cli/clients/membership_client.h"
#include "cli/clients/orchestrator_client.h"
#include "cli/clients/replication_client.h"
#include "cli/clients/vault_client.h"
#include "common/control_nodes/control_node.h"
#include "common/rpc/tls_files.h"
#include "understudy/config_vault/v1/registry.pb.h"

namespace understudy::cli {

// At least one; the first is asked first.
using ControlNodes = std::vector<ControlNode>;

struct Connection {
  // Nothing: without TLS.
  std::optional<rpc::TlsFiles> tls;
  // Of each call that does not watch.
  absl::Duration timeout = absl::Seconds(5);
};

// Makes clients of services. Each has connections of its own, opened at the first call. Clients of
// a site's services are given its control nodes, ask the root among them, and find it again when it
// moves: for as long as a call may take, then UNAVAILABLE NO_ROOT says what each node answered.
// FAILED_PRECONDITION BAD_TLS_FILES when the certificate files cannot be used. Thread-safe.
class ClientFactory {
 public:
  virtual ~ClientFactory() = default;

  virtual absl::StatusOr<std::unique_ptr<VaultClient>> Vault(
      const ControlNodes& nodes) = 0;
  virtual absl::StatusOr<std::unique_ptr<MembershipClient>> Membership(
      const ControlNodes& nodes) = 0;
  virtual absl::StatusOr<std::unique_ptr<OrchestratorClient>> Orchestrator(
      const ControlNodes& nodes) = 0;
  virtual absl::StatusOr<std::unique_ptr<AgentClient>> Agent(const std::string& address) = 0;
  virtual absl::StatusOr<std::unique_ptr<CheckpointClient>> Checkpoints(
      const std::string& address) = 0;
  // Of the vault at `address` itself, root or not.
  virtual absl::StatusOr<std::unique_ptr<ReplicationClient>> Replication(
      const std::string& address) = 0;
  // What the standard health service at `address` says: "SERVING", "NOT_SERVING".
  virtual absl::StatusOr<std::string> Health(const std::string& address) = 0;
  // Whether the vault at `address` is the root's or a sentinel's, and the newest epoch it knows.
  virtual absl::StatusOr<config_vault::v1::WatchRoleResponse> Role(const std::string& address) = 0;
};

// Over gRPC.
std::unique_ptr<ClientFactory> MakeGrpcClients(const Connection& connection);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CLIENTS_CLIENTS_H_
