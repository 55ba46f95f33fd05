#ifndef UNDERSTUDY_TESTS_SIMULATION_FAILOVER_SITE_H_
#define UNDERSTUDY_TESTS_SIMULATION_FAILOVER_SITE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/sim/sim_world.h"
#include "services/failover_orchestrator/failover_metrics.h"
#include "tests/simulation/sim_membership.h"
#include "tests/simulation/sim_orchestrator.h"
#include "tests/simulation/sim_station.h"
#include "tests/simulation/sim_vault.h"

namespace understudy::simulation {

// A whole site in one simulated world: a vault, membership and the orchestrator on nodes of their
// own, so that each may die alone, deployment stations that brought duties, and backups.
class FailoverSite {
 public:
  FailoverSite(uint64_t seed, failover_orchestrator::FailoverMetrics& metrics);

  // `duty` is overlap or strict; its needs are the station's capabilities.
  void AddDeployment(const std::string& id, const std::string& duty, const char* capabilities,
                     failover_orchestrator::Fencing fencing);
  void AddBackup(const std::string& id, const char* capabilities);
  void Start();

  // One misfortune, or its end, drawn from the seed.
  void Strike();
  // All misfortune ends.
  void Heal();
  // What must be true some time after Heal.
  absl::Status CheckConverged();

  SimWorld& world() { return world_; }
  VaultDisk& vault() { return vault_disk_; }
  // Null while its node is down.
  std::shared_ptr<SimStation> station(const std::string& id) { return stations_[id].lock(); }
  std::shared_ptr<SimOrchestrator> orchestrator() { return orchestrator_.lock(); }
  void SetFault(const std::string& id, bool has_fault);
  void Drill(const std::string& id);
  void PutDocument(const std::string& duty);

 private:
  void AddControlNodes();
  void AddInvariants();
  absl::Status CheckAssignments();
  absl::Status CheckOrders();
  absl::Status CheckStrict();
  absl::Status CheckDuty(const failover_orchestrator::Duty& duty);
  std::vector<std::string> RunnersOf(const std::string& duty);
  std::string AnyStation();
  std::string AnyDuty();

  SimWorld world_;
  failover_orchestrator::FailoverMetrics& metrics_;
  failover_orchestrator::FailoverPolicy policy_;
  VaultDisk vault_disk_;
  StationRecords records_;
  std::map<std::string, StationSetup> setups_;
  std::map<std::string, std::weak_ptr<SimStation>> stations_;
  std::weak_ptr<SimVault> vault_;
  std::weak_ptr<SimOrchestrator> orchestrator_;
  uint64_t revision_ = 1;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_FAILOVER_SITE_H_
