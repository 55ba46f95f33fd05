#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_CLIENT_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_CLIENT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/control_nodes/root_seeker.h"
#include "services/config_vault/command.h"
#include "tests/simulation/sim_calls.h"
#include "tests/simulation/sim_site_vault.h"
#include "tests/simulation/site_ledger.h"

namespace understudy::simulation {

// A client of a simulated site: writes a few documents, one after the other, each until it is
// acknowledged, at the root, which it seeks as production clients do; and reads them at any node.
// All that it is told goes to the ledger.
class SimClient {
 public:
  // `nodes`: the control nodes, each vault named by its simulated node. `ledger` must outlive it.
  SimClient(SimWorld& world, SimNode& node, const std::vector<ControlNode>& nodes,
            SiteLedger& ledger);

 private:
  using Written = absl::StatusOr<config_vault::DocumentInfo>;

  void WriteNext();
  void Write(const config_vault::PutDocument& put);
  void OnWritten(const config_vault::PutDocument& put, const Written& written);
  void Read();
  void After(absl::Duration delay, std::function<void()> task);
  SimCaller<SimSiteVault>& At(const std::string& vault);

  SimWorld& world_;
  SimNode& node_;
  SiteLedger& ledger_;
  RootSeeker seeker_;
  std::map<std::string, std::unique_ptr<SimCaller<SimSiteVault>>> vaults_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_CLIENT_H_
