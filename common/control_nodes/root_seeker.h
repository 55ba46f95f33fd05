#ifndef UNDERSTUDY_COMMON_CONTROL_NODES_ROOT_SEEKER_H_
#define UNDERSTUDY_COMMON_CONTROL_NODES_ROOT_SEEKER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/control_nodes/control_node.h"
#include "common/control_nodes/root_redirect.h"
#include "common/random/random.h"
#include "common/rpc/backoff.h"

namespace understudy {

// Which control node to ask next, for a client that looks for the root: each known node in turn, a
// node that is named as root at once, and a pause, growing with jitter, after each round that found
// none. Of two that call themselves root the one with the older epoch is not believed: it was
// deposed and has not noticed. Pure. Not thread-safe.
class RootSeeker {
 public:
  // One of a node's services: nodes that lack its address are passed over when the root is named.
  using Service = std::string ControlNode::*;

  // `nodes`: at least one, each with an address of `service`.
  RootSeeker(std::vector<ControlNode> nodes, Service service, const rpc::BackoffPolicy& backoff);

  // The node to ask.
  const ControlNode& current() const { return current_; }
  const std::string& address() const { return current_.*service_; }
  const std::vector<ControlNode>& nodes() const { return nodes_; }
  // The newest epoch under which a node has answered as root.
  uint64_t epoch() const { return epoch_; }

  // current() answers as root under `epoch`. False when a root with a newer one is known: what it
  // says must not be used, and counts as no answer (OnNoRoot says how long to wait).
  bool OnRoot(uint64_t epoch);

  // current() did not answer, or not as root: how long to wait before current(), another one now
  // where there is one, is asked. Zero within a round.
  absl::Duration OnNoRoot(Random& random);
  // The same, when it said who is. A root is believed to be where it is named only if its epoch is
  // not older than epoch(), and once a round, so that two nodes that name each other do not keep
  // the client between them.
  absl::Duration OnNotRoot(const RootRedirect& root, Random& random);

  // The node that answered as root last (the first, before any has) does not answer: it is neither
  // asked nor, under the epoch that is known, believed to be root when it is named. Without another
  // node it is asked all the same. `named`: the root that it named itself, as its last word.
  void Doubt(const std::optional<RootRedirect>& named = std::nullopt);
  // It does, or it is to be asked first whatever was thought of it.
  void Trust();
  bool doubts() const { return doubts_home_; }

 private:
  void GoHome();
  void GoTo(const RootRedirect& root);
  void Advance();
  bool IsDoubted(const ControlNode& node) const;
  // Counts an answer that was none; a pause when the round is over.
  absl::Duration EndTurn(Random& random);
  bool Believes(const RootRedirect& root) const;

  const std::vector<ControlNode> nodes_;
  const Service service_;
  rpc::Backoff backoff_;
  // Its place among nodes_, or, for a root that was named and is not among them, the place of the
  // node that named it.
  size_t index_ = 0;
  ControlNode current_;
  // Who answered as root last.
  size_t home_index_ = 0;
  ControlNode home_;
  uint64_t epoch_ = 0;
  // In this round: nodes asked in vain, and the newest epoch whose named root was asked.
  size_t asked_ = 0;
  std::optional<uint64_t> followed_;
  bool doubts_home_ = false;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_CONTROL_NODES_ROOT_SEEKER_H_
