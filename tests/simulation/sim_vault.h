#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_VAULT_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_VAULT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/control_nodes/root_redirect.h"
#include "common/sim/sim_world.h"
#include "services/failover_orchestrator/action.h"
#include "services/failover_orchestrator/ports.h"
#include "tests/simulation/sim_calls.h"

namespace understudy::simulation {

// What lies on the vault's disk, and (for the invariants) all that ever lay there.
struct VaultDisk {
  uint64_t epoch = 0;
  std::map<std::string, failover_orchestrator::Duty> duties;
  std::map<std::string, failover_orchestrator::FailoverRecord> failovers;
  std::map<std::string, failover_orchestrator::DocumentState> documents;
  // Who was ever assigned which duty under which number.
  std::map<std::pair<std::string, uint64_t>, std::string> history;
  // Set when a number was given out twice, or a station was given two duties.
  std::string violation;
};

// A model of config-vault's registry with its rules, under the embedded engine: root at once, and a
// new epoch at each start. A write is on disk before it is answered; the answer may be lost.
class SimVault {
 public:
  // What travels on "watch".
  struct Role {
    uint64_t epoch = 0;
    bool is_root = true;
    // Who is, where it is another one.
    RootRedirect root = {};
  };
  struct Document {
    std::string duty_id;
    failover_orchestrator::DocumentState state;
  };
  struct Synced {};

  SimVault(SimWorld& world, SimNode& node, VaultDisk& disk);

  // The disk takes its time; whoever asked hears of it after that.
  void AfterSync(std::function<void()> task);
  absl::StatusOr<failover_orchestrator::Assignment> Create(
      const failover_orchestrator::CreateDuty& write);
  absl::StatusOr<failover_orchestrator::Assignment> Claim(
      const failover_orchestrator::ClaimDuty& write);
  absl::Status Confirm(const failover_orchestrator::ConfirmDuty& write);
  absl::Status Record(const failover_orchestrator::RecordFailover& write);
  failover_orchestrator::RegistryPort::Contents Load() const;

  // Somebody stored a new revision.
  void PutDocument(const std::string& duty_id, failover_orchestrator::DocumentState state);

 private:
  void Watch(const std::shared_ptr<SimStream>& stream);
  absl::Status CheckEpoch(uint64_t epoch) const;
  absl::Status CheckFree(const std::string& station_id, const std::string& duty_id) const;
  void Assign(failover_orchestrator::Duty& duty, failover_orchestrator::Assignment assignment);

  SimWorld& world_;
  SimNode& node_;
  VaultDisk& disk_;
  SimCallPort<SimVault> calls_;
  std::vector<std::shared_ptr<SimStream>> watchers_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_VAULT_H_
