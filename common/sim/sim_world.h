#ifndef UNDERSTUDY_COMMON_SIM_SIM_WORLD_H_
#define UNDERSTUDY_COMMON_SIM_SIM_WORLD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/random/random.h"
#include "common/sim/sim_loop.h"
#include "common/sim/sim_network.h"
#include "common/sim/sim_node.h"
#include "common/sim/sim_stream.h"
#include "common/sim/sim_trace.h"

namespace understudy {

// A whole site in one thread and one number: nodes with their disks and clocks, the network between
// them, and time that jumps. All chance comes from the seed, so the same seed and the same test
// make the same trace, line by line, on any machine.
//
// How to use it: add nodes and give each a program that builds production cores on the node's
// executor, clock and disk; add invariants; let things go wrong; run; Heal(); run again, and see
// that all is well. Not thread-safe.
class SimWorld {
 public:
  using Invariant = std::function<absl::Status()>;

  explicit SimWorld(uint64_t seed);

  uint64_t seed() const { return seed_; }
  SteadyTime now() const { return loop_.now(); }
  SimLoop& loop() { return loop_; }
  SimNetwork& network() { return network_; }
  SimStreams& streams() { return streams_; }
  // For the test's own choices.
  Random& random() { return random_; }
  // A source of chance of its own: what one drawer draws does not move what another does.
  Random RandomFor(std::string_view name) const { return Random(StableHash(name, seed_)); }

  // Ids are unique; the node begins down.
  SimNode& AddNode(const std::string& id, SimNodeOptions options = {});
  SimNode& node(const std::string& id) { return *nodes_.at(id); }
  // By id.
  std::vector<SimNode*> nodes();

  // Adds a line to the trace.
  void Note(std::string_view line) { trace_.Add(line); }
  const SimTrace& trace() const { return trace_; }

  // Checked after every event. The first one that fails ends the world: nothing runs any more, the
  // seed, the invariant and the end of the trace are printed, and status() says why.
  void AddInvariant(std::string name, Invariant invariant);
  // OK until an invariant failed, or kMaxEventsPerMoment events ran without time going on.
  const absl::Status& status() const { return status_; }
  static constexpr uint64_t kMaxEventsPerMoment = 100'000;

  // Runs the next event; false when there is none, or the world has ended.
  bool Step();
  // Runs what comes up to and including `time`, and moves the clock there.
  void RunUntil(SteadyTime time);
  void RunFor(absl::Duration duration) { RunUntil(now() + duration); }
  // Runs until `condition` holds after an event (or from the beginning); false when it does not
  // within `limit`.
  bool RunUntilTrue(const std::function<bool()>& condition, absl::Duration limit);

  // Ends all misfortune: the network heals, paused nodes resume, nodes that are down start.
  void Heal();

 private:
  bool StepUntil(SteadyTime limit);
  void CheckProgress();
  void CheckInvariants();
  void End(const absl::Status& status);

  const uint64_t seed_;
  SimLoop loop_;
  SimTrace trace_;
  Random random_;
  SimNetwork network_;
  SimStreams streams_;
  std::map<std::string, std::unique_ptr<SimNode>> nodes_;
  std::vector<std::pair<std::string, Invariant>> invariants_;
  absl::Status status_;
  SteadyTime moment_;
  uint64_t events_in_moment_ = 0;
};

// The seeds that a simulation test runs: 1 to `count`. The environment variable UNDERSTUDY_SIM_SEED
// replays one seed instead, UNDERSTUDY_SIM_SEEDS runs that many (with Bazel: --test_env=...).
std::vector<uint64_t> SimSeeds(uint64_t count);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_SIM_SIM_WORLD_H_
