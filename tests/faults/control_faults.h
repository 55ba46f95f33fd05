#ifndef UNDERSTUDY_TESTS_FAULTS_CONTROL_FAULTS_H_
#define UNDERSTUDY_TESTS_FAULTS_CONTROL_FAULTS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/demo/root_finder.h"
#include "cli/demo/stage.h"
#include "cli/local_fleet/station_spec.h"
#include "tests/faults/fault_fleet.h"
#include "tests/faults/load.h"

namespace understudy::faults {

// Three control nodes under load whose root something happens to. At the end all that clients were
// told must be linearizable, and each node by itself must have it.
class ControlFaults : public FaultFleet {
 protected:
  static constexpr size_t kNodes = 3;
  static constexpr absl::Duration kPatience = absl::Minutes(1);

  // Starts the nodes and the load, and finds the root.
  void StartUnderLoad(const std::vector<cli::Place>& places = {});
  void TearDown() override;

  // Three stations that run a duty each; `launcher` starts their processes (see cli::StationSpec).
  // All are ready when it returns.
  void StartStations(const std::vector<std::string>& launcher = {});

  // Until a write is acknowledged that began after now.
  bool AwaitProgress();
  cli::RootFinder::Root AwaitRoot(uint64_t newer_than);
  // The node's vault says that it is a sentinel and knows `epoch` or a newer one.
  bool AwaitSentinel(const std::string& node, uint64_t epoch);
  size_t IndexOf(const std::string& node);
  size_t root_index() { return IndexOf(root_.node); }
  size_t other_index(size_t step) { return (root_index() + step) % kNodes; }
  // The load goes on to its end; nothing that was acknowledged is missing on any node.
  void ExpectAllIsWell();

  cli::RootFinder& finder() { return *finder_; }
  linearizability::Recorder& recorder() { return recorder_; }
  // Of StartStations.
  cli::Stage& stage() { return *stage_; }
  const std::vector<cli::StationSpec>& stations() const { return stations_; }
  // At the beginning.
  const cli::RootFinder::Root& root() const { return root_; }

 private:
  static constexpr size_t kClients = 6;
  static constexpr size_t kStations = 3;
  std::unique_ptr<cli::ClientFactory> quick_;
  std::optional<cli::RootFinder> finder_;
  linearizability::Recorder recorder_;
  std::unique_ptr<Load> load_;
  cli::RootFinder::Root root_;
  std::vector<cli::StationSpec> stations_;
  std::unique_ptr<cli::Stage> stage_;
};

}  // namespace understudy::faults

#endif  // UNDERSTUDY_TESTS_FAULTS_CONTROL_FAULTS_H_
