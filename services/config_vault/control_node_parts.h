#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_NODE_PARTS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_NODE_PARTS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/executor/serial_executor.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/config_vault/control_config.h"
#include "services/config_vault/control_metrics.h"
#include "services/config_vault/control_nodes_document.h"
#include "services/config_vault/control_socket.h"
#include "services/config_vault/engine.h"
#include "services/config_vault/household.h"
#include "services/config_vault/root_claim_runner.h"
#include "services/config_vault/vault_store.h"

namespace understudy::config_vault {

// A control node's part in finding the root of a site with several: the socket and the threads of
// its beats, the root claim, and the admitted nodes as they stand in the vault.
class ControlNodeParts {
 public:
  // All of it must outlive the parts.
  struct Needs {
    const Clock& clock;
    metrics::Registry& registry;
    RootKey& key;
    Reign& reign;
    ReadLease& lease;
    Engine& engine;
    RoleFeed& role;
    Household& household;
    const VaultStore& store;
  };

  // A random number for this start, never 0.
  static uint64_t DrawInstance();

  // Binds the socket. INVALID_ARGUMENT BAD_SECRET, or the errors of ControlSocket::Bind.
  static absl::StatusOr<std::unique_ptr<ControlNodeParts>> Make(const ControlConfig& config,
                                                                const Needs& needs);
  // Stops.
  ~ControlNodeParts();

  // Begins to beat and to watch; `role` follows from here on. Once.
  void Start();
  // Ends it; the role stays as it was. The key and the reign may still call back meanwhile, not
  // afterwards. Idempotent.
  void Stop();

  ControlSite& site() { return runner_; }
  int beat_port() const { return socket_->port(); }

 private:
  ControlNodeParts(const ControlConfig& config, const Needs& needs, const beat::SessionKey& key,
                   std::unique_ptr<ControlSocket> socket);

  void LookAtNodes();
  void AdmitFirstNodes();
  std::vector<ControlNode> ConfiguredNodes() const;

  const ControlConfig config_;
  const Needs needs_;
  const log::Logger log_{"control"};
  const ControlMetrics metrics_;
  const std::unique_ptr<ControlSocket> socket_;
  Random random_ = Random::FromEntropy();
  SerialExecutor beats_;
  RootClaimRunner runner_;
  // Reads the disk, and looks names up.
  SerialExecutor nodes_executor_;
  // Of the nodes that are in use; 0 while they are the configured ones.
  Revision nodes_revision_ = 0;
  absl::Status nodes_status_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_NODE_PARTS_H_
