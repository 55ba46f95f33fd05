#ifndef UNDERSTUDY_TESTS_SIMULATION_WHOLE_SITE_H_
#define UNDERSTUDY_TESTS_SIMULATION_WHOLE_SITE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/sim/sim_world.h"
#include "services/config_vault/etcd/testing/fake_etcd.h"
#include "services/failover_orchestrator/failover_metrics.h"
#include "services/membership/membership_metrics.h"
#include "tests/simulation/sim_client.h"
#include "tests/simulation/sim_etcd_server.h"
#include "tests/simulation/sim_orchestrator.h"
#include "tests/simulation/sim_site_membership.h"
#include "tests/simulation/sim_site_vault.h"
#include "tests/simulation/sim_station.h"
#include "tests/simulation/site_ledger.h"

namespace understudy::simulation {

// Counters that nobody reads.
struct SiteMetrics {
  failover_orchestrator::FailoverMetrics& orchestrator;
  membership::MembershipMetrics& membership;
};

// A whole site in one simulated world: etcd, three control nodes with vault, membership and
// orchestrator as processes of their own, stations with duties, backups, and clients that write and
// read. Whole machines and single processes die, sleep, are cut off and lose messages.
class WholeSite {
 public:
  static constexpr int kControlNodes = 3;

  WholeSite(uint64_t seed, SiteMetrics metrics, config_vault::RootClaimPolicy policy = {});
  ~WholeSite();

  // Starts everything, and runs until each duty runs; false when it never does.
  bool Start();
  // One misfortune, or its end, drawn from the seed.
  void Strike();
  // All misfortune ends.
  void Heal();
  // Clients ask no more.
  void SendClientsHome();
  // What must be true some time after Heal.
  absl::Status CheckConverged();
  // Once clients have gone home, too: all replicas hold the same.
  absl::Status CheckIdentical();

  SimWorld& world() { return world_; }
  const SiteLedger& ledger() const { return *ledger_; }
  uint64_t events() const { return events_; }
  // What was written of duties and failovers: the trace forgets it under so many messages.
  const std::string& story() const { return story_; }
  SimEtcdServer::Faults& etcd_faults() { return etcd_faults_; }
  // Of each kind of process of a control node; null while it is down.
  std::shared_ptr<SimSiteVault> vault(const std::string& control) {
    return vaults_[control].lock();
  }
  std::vector<std::string> Roots();
  const std::vector<std::string>& control_ids() const { return control_ids_; }
  void CrashMachine(const std::string& machine);
  void StartMachine(const std::string& machine);
  void PauseMachine(const std::string& machine);
  void ResumeMachine(const std::string& machine);
  // Nothing passes from the one to the other.
  void Cut(const std::string& from, const std::string& to);
  void Isolate(const std::string& machine);
  // The station that runs the duty under its newest assignment; empty when none does.
  std::string RunnerOf(const std::string& duty);

 private:
  SimNodeOptions RandomClock();
  void AddControlNode(const std::string& id);
  void AddStation(const std::string& id, const char* capabilities);
  void AddDuty(const std::string& station, const std::string& duty,
               failover_orchestrator::Fencing fencing);
  void AddClient(const std::string& id);
  void AddInvariants();
  void PutDocument(const std::string& duty);
  bool HasDocuments();
  void GiveDocumentsToStations();
  std::string AnyMachine();
  std::string AnyProcess(const std::string& machine);
  void StrikeMachine();
  void StrikeProcess();
  void StrikeLink();
  void StrikeSite();
  void SetNoise();
  void Tell(const std::string& line);
  absl::Status CheckStations();
  absl::Status CheckDeposed();
  absl::Status CheckLeases();
  absl::Status CheckControl();
  absl::Status CheckDuties();
  absl::Status CheckDuty(const config_vault::Duty& duty);
  absl::Status CheckReplica(const std::string& control);
  std::vector<std::string> RunnersOf(const std::string& duty);

  SimWorld world_;
  const SiteMetrics metrics_;
  const failover_orchestrator::FailoverPolicy policy_;
  config_vault::etcd::FakeEtcd key_space_;
  SimEtcdServer::Faults etcd_faults_;
  uint64_t events_ = 0;
  std::string story_;
  std::unique_ptr<SiteLedger> ledger_;
  std::vector<std::string> control_ids_;
  std::vector<ControlNode> addresses_;
  std::unique_ptr<SimSiteVault::Site> site_;
  // The simulated nodes (processes) of each machine.
  std::map<std::string, std::vector<std::string>> machines_;
  std::map<std::string, StoreDisk> disks_;
  std::map<std::string, StationSetup> setups_;
  std::vector<std::string> duties_;
  std::map<std::string, std::weak_ptr<SimSiteVault>> vaults_;
  std::map<std::string, std::weak_ptr<SimSiteMembership>> memberships_;
  std::map<std::string, std::weak_ptr<SimOrchestrator>> orchestrators_;
  std::map<std::string, std::weak_ptr<SimStation>> stations_;
  // Since when somebody has acted although all beside it know better.
  std::map<std::string, SteadyTime> deposed_since_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_WHOLE_SITE_H_
