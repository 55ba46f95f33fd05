#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_ENGINE_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_ENGINE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/sim/sim_world.h"
#include "services/config_vault/command.h"
#include "services/config_vault/etcd/batch_codec.h"
#include "services/config_vault/read_lease.h"
#include "services/config_vault/role.h"
#include "services/config_vault/vault_policy.h"
#include "tests/simulation/sim_etcd_client.h"
#include "tests/simulation/sim_replica.h"

namespace understudy::simulation {

// A vault's engine, as services/config_vault/etcd/etcd_engine.h is one, without its thread: the
// production rules decide what waits together, on the replica, and one transaction that compares
// the root and the latest batch makes it so. Whoever asked is told only what is known.
class SimEngine {
 public:
  using Done = std::function<void(const absl::StatusOr<config_vault::Outcome>&)>;
  struct Outside {
    std::function<config_vault::RoleState()> role;
    std::function<void(config_vault::Epoch)> on_deposed;
    std::function<void(config_vault::Epoch)> on_confirmed;
    // Just before it is told to those who asked.
    std::function<void(uint64_t proposal)> on_acknowledged;
  };

  SimEngine(SimNode& node, SimEtcdClient& etcd, SimReplica& replica, config_vault::ReadLease& lease,
            Outside outside);

  void Propose(config_vault::Command command, Done done);
  void BeginReign(config_vault::Epoch epoch);
  void EndReign();

 private:
  struct Waiting {
    config_vault::Command command;
    Done done;
  };
  // A transaction under way.
  struct Decided {
    config_vault::etcd::BatchOrigin origin;
    int64_t after = 0;
    config_vault::VaultBatch batch;
    std::vector<absl::StatusOr<config_vault::Outcome>> outcomes;
    std::vector<Done> dones;
    bool was_unknown = false;
    SteadyTime begun;
  };

  void Pump();
  // All that was sent is in the store when that has come to `batch_revision`, or will never be
  // done.
  void Settle(int64_t batch_revision);
  void Decide();
  config_vault::etcd::Transaction MakeTransaction() const;
  void Attempt();
  void OnUnknown();
  void Judge(const config_vault::etcd::TransactionResult& result);
  void JudgeDeposed(const config_vault::RoleState& root, int64_t batch_revision);
  void Finish(int64_t revision);
  void Keep(int64_t revision);
  void Refuse(const absl::Status& status);
  void Deposed(const absl::Status& status);
  void Answer(const absl::Status& status);
  void RefuseWaiting(const absl::Status& status);
  void After(absl::Duration delay, std::function<void()> task);

  SimNode& node_;
  SimEtcdClient& etcd_;
  SimReplica& replica_;
  config_vault::ReadLease& lease_;
  const Outside outside_;
  config_vault::VaultPolicy policy_;
  config_vault::Epoch epoch_ = 0;
  std::deque<Waiting> queue_;
  std::unique_ptr<Decided> decided_;
  int64_t committed_ = 0;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_ENGINE_H_
