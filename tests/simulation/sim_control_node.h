#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_CONTROL_NODE_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_CONTROL_NODE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/sim/sim_world.h"
#include "tests/simulation/sim_etcd.h"
#include "tests/simulation/sim_root_claim.h"

namespace understudy::simulation {

// What a control node's replica has come to; lies on its disk.
struct ReplicaDisk {
  uint64_t applied = 0;
  uint64_t batch_revision = 0;
  // Who has each duty, and under which number.
  std::map<std::string, SimWrite> duties;
};

// What has happened so far, for the invariants.
struct ControlHistory {
  // Who acted under each epoch: a node's start. Two of one epoch are a violation.
  std::map<config_vault::Epoch, std::string> reigns;
  // Writes that were acknowledged to a client, by id.
  std::map<uint64_t, SimWrite> acknowledged;
  std::string violation;
  uint64_t last_write = 0;
  uint64_t last_instance = 0;
};

// A control node of the simulated site: the production root claim and beats, a replica that follows
// etcd, and a writer that gives duties to stations while it is root, one transaction at a time,
// never answering before it knows.
class SimControlNode {
 public:
  SimControlNode(SimWorld& world, SimNode& node, const std::vector<std::string>& all,
                 ReplicaDisk& disk, ControlHistory& history);

  bool reigning() const { return reign_.has_value(); }
  std::optional<config_vault::Epoch> reign() const { return reign_; }
  const config_vault::RootClaimCore& core() const { return claim_.core(); }
  const ReplicaDisk& replica() const { return disk_; }
  void SetHousehold(bool whole);
  void HandOver(const std::string& to);

 private:
  using OnAnswer = std::function<void(const SimEtcd::Answer*)>;
  // The key `root`, asked for over the network. Changes come with the replica.
  class Key;

  void Ask(SimEtcd::Request request, OnAnswer done);
  void Follow();
  void Apply(const SimRevision& revision);
  void Write();
  void StartReign(config_vault::Epoch epoch);
  void EndReign();

  SimWorld& world_;
  SimNode& node_;
  ReplicaDisk& disk_;
  ControlHistory& history_;
  const std::string name_;
  const uint64_t instance_;
  std::unique_ptr<config_vault::RootKey> key_;
  SimRootClaim claim_;
  std::map<uint64_t, OnAnswer> waiting_;
  uint64_t last_request_ = 0;
  std::optional<config_vault::Epoch> reign_;
  bool writing_ = false;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_CONTROL_NODE_H_
