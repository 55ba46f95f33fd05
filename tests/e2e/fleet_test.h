#ifndef UNDERSTUDY_TESTS_E2E_FLEET_TEST_H_
#define UNDERSTUDY_TESTS_E2E_FLEET_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/clients/clients.h"
#include "cli/demo/stage.h"
#include "cli/local_fleet/local_fleet.h"

namespace understudy::e2e {

// A site of real processes under a directory of its own, with TLS, on ports of its own. It has
// patience: a station fails after 20 missed beats, so that a machine that is busy with other tests
// gives no false verdict, and nothing is measured.
class FleetTest : public testing::Test {
 protected:
  static constexpr absl::Duration kPatience = absl::Minutes(2);

  // Starts the control node and these stations and waits until all are ready.
  void StartFleet(std::vector<cli::StationSpec> stations);
  // gate-1 and two backups that can take its duty.
  void StartSmallFleet();
  void TearDown() override;

  cli::LocalFleet& fleet() { return *fleet_; }
  cli::Stage& stage() { return *stage_; }
  cli::ClientFactory& clients() { return *clients_; }

  // Fails the test when the duty does not move, or not byte for byte. Where to.
  std::string ExpectMove(const std::string& duty);
  // The value of a metric of a service, summed over all of its lines that contain `labels`.
  double Metric(const std::string& service, const std::string& name, const std::string& labels);

 private:
  std::string directory_;
  std::unique_ptr<cli::ClientFactory> clients_;
  std::optional<cli::LocalFleet> fleet_;
  std::unique_ptr<cli::Stage> stage_;
};

}  // namespace understudy::e2e

#endif  // UNDERSTUDY_TESTS_E2E_FLEET_TEST_H_
