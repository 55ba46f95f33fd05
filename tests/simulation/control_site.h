#ifndef UNDERSTUDY_TESTS_SIMULATION_CONTROL_SITE_H_
#define UNDERSTUDY_TESTS_SIMULATION_CONTROL_SITE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/sim/sim_world.h"
#include "tests/simulation/sim_control_node.h"
#include "tests/simulation/sim_etcd.h"

namespace understudy::simulation {

// The control nodes of a site in one simulated world, with etcd as a node of its own, so that any
// link may break alone.
class ControlSite {
 public:
  ControlSite(uint64_t seed, int nodes);

  void Start();
  // One misfortune, or its end, drawn from the seed.
  void Strike();
  void Heal();
  // What must be true some time after Heal.
  absl::Status CheckConverged();

  SimWorld& world() { return world_; }
  const EtcdDisk& etcd() const { return etcd_disk_; }
  const ControlHistory& history() const { return history_; }
  // How often a node was seen that may read, as root, without asking.
  uint64_t leases_held() const { return leases_held_; }
  // Null while its node is down.
  std::shared_ptr<SimControlNode> node(const std::string& id) { return nodes_[id].lock(); }
  // Who acts, paused ones too.
  std::vector<std::string> Roots();

 private:
  std::string AnyNode();
  std::string AnyPlace();
  void StrikeNode();
  void StrikeLink();
  void StrikeEtcd();
  void StrikeHousehold();
  absl::Status CheckLog();
  absl::Status CheckAcknowledged();
  absl::Status CheckDeposed();
  absl::Status CheckLeases();
  absl::Status CheckReplica(const std::string& id, const ReplicaDisk& replica);

  SimWorld world_;
  std::vector<std::string> ids_;
  EtcdDisk etcd_disk_;
  std::map<std::string, ReplicaDisk> replicas_;
  ControlHistory history_;
  std::map<std::string, std::weak_ptr<SimControlNode>> nodes_;
  // What CheckLog has seen: up to where, the writes, and each duty's number.
  size_t checked_ = 0;
  config_vault::Epoch checked_epoch_ = 0;
  std::map<uint64_t, SimWrite> written_;
  std::map<std::string, uint64_t> numbers_;
  // Since when a node has acted although all others know of a newer root.
  std::map<std::string, SteadyTime> deposed_since_;
  uint64_t leases_held_ = 0;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_CONTROL_SITE_H_
