#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_ETCD_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_ETCD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/sim/sim_world.h"
#include "services/config_vault/root_key.h"

namespace understudy::simulation {

// One write of a root: duty `duty` is given to `station` under the duty's next number.
struct SimWrite {
  // The writer's own number for it, unique in the world.
  uint64_t id = 0;
  std::string duty = {};
  std::string station = {};
  uint64_t number = 0;
};

// A revision of etcd: a change of the key `root`, or a write under an epoch.
struct SimRevision {
  uint64_t revision = 0;
  std::optional<config_vault::RootRecord> root = {};
  config_vault::Epoch epoch = 0;
  std::optional<SimWrite> write = {};
};

// What etcd's members have on their disks; survives all of them.
struct EtcdDisk {
  std::vector<SimRevision> log;
  config_vault::RootClaim root;
  // Of the latest write.
  uint64_t batch_revision = 0;
};

// A model of etcd with its majority: one order of changes, compare-and-set on `root`, transactions
// that compare it, and reads from a revision on. It is a node of the simulated network, so requests
// and answers are lost, late or repeated. While its node is paused it has no leader.
class SimEtcd {
 public:
  // Travels on "etcd"; the answer on "etcd-answer", with the request's number.
  struct Request {
    uint64_t number = 0;
    enum class Kind { kReadRoot, kClaim, kCommit, kFollow } kind = Kind::kReadRoot;
    config_vault::Epoch epoch = 0;
    config_vault::RootRecord record = {};
    uint64_t batch_revision = 0;
    SimWrite write = {};
    uint64_t after = 0;
  };
  struct Answer {
    uint64_t number = 0;
    bool done = false;
    config_vault::RootClaim root = {};
    std::vector<SimRevision> revisions = {};
    uint64_t revision = 0;
  };

  SimEtcd(SimWorld& world, SimNode& node, EtcdDisk& disk);

 private:
  Answer Carry(const Request& request);
  void Append(SimRevision revision);

  SimWorld& world_;
  EtcdDisk& disk_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_ETCD_H_
