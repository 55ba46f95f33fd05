#ifndef UNDERSTUDY_TESTS_SIMULATION_SITE_REGISTRIES_H_
#define UNDERSTUDY_TESTS_SIMULATION_SITE_REGISTRIES_H_

#include <functional>
#include <memory>
#include <string>

#include "services/failover_orchestrator/ports.h"
#include "services/membership/station_registry.h"
#include "tests/simulation/sim_calls.h"
#include "tests/simulation/sim_site_vault.h"

namespace understudy::simulation {

// The orchestrator's registry in a SimSiteVault, through the production codecs and checks of both
// sides.
class SiteRegistry final : public failover_orchestrator::RegistryPort {
 public:
  // `vault` is the vault's simulated node.
  SiteRegistry(SimWorld& world, SimNode& node, const std::string& vault);

  void Create(const failover_orchestrator::CreateDuty& write, OnAssignment done) override;
  void Claim(const failover_orchestrator::ClaimDuty& write, OnAssignment done) override;
  void Rehearse(const failover_orchestrator::RehearseClaim& claim) override;
  void Confirm(const failover_orchestrator::ConfirmDuty& write, OnStatus done) override;
  void Record(const failover_orchestrator::RecordFailover& write, OnStatus done) override;
  void Load(OnContents done) override;

 private:
  SimCaller<SimSiteVault> vault_;
};

// The same for membership.
class SiteStationRegistry final : public membership::StationRegistry {
 public:
  SiteStationRegistry(SimWorld& world, SimNode& node, const std::string& vault);

  void Put(const membership::StationRecord& record, uint64_t epoch, DoneCallback done) override;
  void Remove(const std::string& station_id, uint64_t epoch, DoneCallback done) override;
  void List(ListCallback done) override;
  void WatchRole(RoleCallback on_change, DoneCallback ended) override;
  void Stop() override {}

 private:
  SimWorld& world_;
  SimNode& node_;
  const std::string vault_node_;
  SimCaller<SimSiteVault> vault_;
  std::shared_ptr<SimStream> role_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SITE_REGISTRIES_H_
