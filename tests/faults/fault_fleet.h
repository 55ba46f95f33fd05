#ifndef UNDERSTUDY_TESTS_FAULTS_FAULT_FLEET_H_
#define UNDERSTUDY_TESTS_FAULTS_FAULT_FLEET_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/clients/clients.h"
#include "cli/local_fleet/local_fleet.h"

namespace understudy::faults {

// Control nodes as real processes with TLS under a directory of their own, without stations. After
// a failure the directory stays.
class FaultFleet : public testing::Test {
 protected:
  void StartControl(size_t control_nodes, const std::vector<cli::Place>& places = {});
  // Where the fleet keeps its files; made at the first call.
  const std::string& directory();
  void TearDown() override;

  cli::LocalFleet& fleet() { return *fleet_; }
  cli::ClientFactory& clients() { return *clients_; }

 private:
  std::string directory_;
  std::optional<cli::LocalFleet> fleet_;
  std::unique_ptr<cli::ClientFactory> clients_;
};

}  // namespace understudy::faults

#endif  // UNDERSTUDY_TESTS_FAULTS_FAULT_FLEET_H_
