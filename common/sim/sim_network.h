#ifndef UNDERSTUDY_COMMON_SIM_SIM_NETWORK_H_
#define UNDERSTUDY_COMMON_SIM_SIM_NETWORK_H_

#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/random/random.h"
#include "common/sim/sim_loop.h"
#include "common/sim/sim_node.h"
#include "common/sim/sim_trace.h"

namespace understudy {

// How well messages travel one way between two nodes. Delays are drawn evenly between the limits,
// each message by itself, so that messages overtake each other as soon as the limits differ.
struct SimLinkQuality {
  absl::Duration min_delay = absl::Microseconds(100);
  absl::Duration max_delay = absl::Milliseconds(1);
  // The share of messages that take `slow_delay` longer.
  double slow = 0;
  absl::Duration slow_delay = absl::Milliseconds(100);
  // The share that is lost, and the share that arrives twice.
  double drop = 0;
  double duplicate = 0;
};

// Carries messages between the nodes of a simulated world, as UDP does: late, out of order, twice,
// or not at all. What must be reliable or ordered goes over a SimStream. A node's messages to
// itself arrive at the same moment, always. Not thread-safe.
class SimNetwork {
 public:
  // Made by SimWorld; `loop` and `trace` must outlive it.
  SimNetwork(SimLoop& loop, SimTrace& trace, Random random)
      : loop_(loop), trace_(trace), random_(random) {}

  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  // `node` must outlive the network.
  void Attach(SimNode& node) { nodes_.emplace(node.id(), &node); }

  // To whoever listens at `port` of node `to`; lost when nobody does. A node that is down sends
  // nothing.
  void Send(const SimNode& from, const std::string& to, const std::string& port,
            const SimMessage& message);

  void SetDefaultQuality(SimLinkQuality quality) { default_quality_ = quality; }
  // One way.
  void SetQuality(const std::string& from, const std::string& to, SimLinkQuality quality);

  // Nothing passes from `from` to `to`, also not what is under way. One way.
  void Block(const std::string& from, const std::string& to);
  void Unblock(const std::string& from, const std::string& to);
  // Nothing passes between a node of the one set and a node of the other.
  void Partition(const std::set<std::string>& some, const std::set<std::string>& others);
  // Nothing passes between `node` and any other, either way.
  void Isolate(const std::string& node);
  // Ends every block, and every link is as good as a new one again.
  void Heal();

  // For streams.
  bool Passes(const std::string& from, const std::string& to) const;
  absl::Duration DrawDelay(const std::string& from, const std::string& to);
  SimNode* Find(const std::string& id) const;

 private:
  using Link = std::pair<std::string, std::string>;

  const SimLinkQuality& QualityOf(const std::string& from, const std::string& to) const;
  void Carry(const std::string& from, const std::string& to, const std::string& port,
             const SimMessage& message);
  void Arrive(const std::string& from, const std::string& to, const std::string& port,
              const SimMessage& message);

  SimLoop& loop_;
  SimTrace& trace_;
  Random random_;
  std::map<std::string, SimNode*> nodes_;
  SimLinkQuality default_quality_;
  std::map<Link, SimLinkQuality> qualities_;
  std::set<Link> blocked_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_SIM_SIM_NETWORK_H_
