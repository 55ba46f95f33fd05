#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_SITE_VAULT_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_SITE_VAULT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/sim/sim_world.h"
#include "services/config_vault/household.h"
#include "services/config_vault/role.h"
#include "tests/simulation/sim_calls.h"
#include "tests/simulation/sim_engine.h"
#include "tests/simulation/sim_etcd_client.h"
#include "tests/simulation/sim_replica.h"
#include "tests/simulation/sim_root_claim.h"
#include "tests/simulation/sim_vault.h"
#include "tests/simulation/site_ledger.h"
#include "tests/simulation/store_disk.h"

namespace understudy::simulation {

// The config-vault of a simulated control node: production root claim, rules and codecs, on a
// replica and an engine that follow the production ones. Siblings and clients call it on "calls";
// membership follows its role on "role", the orchestrator role and documents on "watch", as it
// would those of a SimVault.
class SimSiteVault {
 public:
  struct Site {
    // The control nodes; `beats` of each is its vault's simulated node.
    std::vector<config_vault::ControlNode> nodes;
    SiteLedger& ledger;
    config_vault::RootClaimPolicy policy = {};
  };

  // `site` must outlive it. `id` is the control node's.
  SimSiteVault(SimWorld& world, SimNode& node, std::string id, const Site& site, StoreDisk& disk);

  // For calls. A command that was found wrong in form is refused.
  void Write(absl::StatusOr<config_vault::Command> command, SimEngine::Done done);
  // Whether it does so already, as root under its lease.
  bool MayReadAtOnce() const;
  // Calls `then` when the store holds all that was acknowledged before now.
  void WhenCurrent(std::function<void(absl::Status)> then);
  const config_vault::VaultStore& store() const { return replica_.store(); }
  absl::Time WallNow() const { return node_.clock().WallNow(); }
  const config_vault::RoleState& role() const { return role_; }

  // For the test.
  std::optional<config_vault::Epoch> reign() const { return reign_; }
  const SimReplica& replica() const { return replica_; }
  const config_vault::RootClaimCore& claim() const { return claim_->core(); }
  void HandOver(const std::string& to);

 private:
  class Key;
  // In the order in which they came: addresses must not order messages.
  using Streams = std::vector<std::shared_ptr<SimStream>>;

  // As services/config_vault/etcd/read_gate.h: what the store must hold to be read under the lease.
  std::optional<int64_t> BatchToRead() const;
  void BeginReign(config_vault::Epoch epoch);
  void EndReign();
  void Publish(const config_vault::RoleState& role);
  SimVault::Role RoleForWatchers() const;
  void OnApplied(int64_t after, int64_t revision, const config_vault::VaultBatch& batch);
  void TellDocument(const config_vault::DocumentInfo& info);
  void TellAllDocuments();
  void RepeatRole();
  static void SendTo(Streams streams, const SimMessage& message);
  static void Drop(Streams& streams, const SimStream* stream);
  void AcceptRole(const std::shared_ptr<SimStream>& stream);
  void AcceptWatch(const std::shared_ptr<SimStream>& stream);
  void TellClaim(std::function<void(config_vault::RootClaimCore&, config_vault::ClaimMoment)> in);

  SimWorld& world_;
  SimNode& node_;
  const std::string id_;
  const Site& site_;
  const uint64_t instance_;
  SimEtcdClient etcd_;
  std::unique_ptr<config_vault::RootKey> key_;
  config_vault::Household household_;
  config_vault::RoleState role_;
  std::optional<config_vault::Epoch> reign_;
  Streams role_watchers_;
  Streams watchers_;
  SimReplica replica_;
  config_vault::ReadLease lease_;
  SimEngine engine_;
  std::unique_ptr<SimRootClaim> claim_;
  SimCallPort<SimSiteVault> calls_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_SITE_VAULT_H_
