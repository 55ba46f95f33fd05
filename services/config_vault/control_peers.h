#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_PEERS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_PEERS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/time/steady_time.h"
#include "services/config_vault/control_beat.h"
#include "services/config_vault/root_claim_action.h"

namespace understudy::config_vault {

// Another control node, as its beats show it.
struct ControlPeer {
  ControlNode node;
  // Nothing until it is heard for the first time.
  std::optional<SteadyTime> heard_at;
  // The newest.
  ControlBeat beat;
  // Since when its beats say that it does not follow; nothing while it does.
  std::optional<SteadyTime> not_following_since;
  // When it heard the root of `beat.epoch`, on our clock.
  std::optional<SteadyTime> root_heard_at;
  // The newest epoch under which it has said that it acts as root; 0 when it never did.
  Epoch root_under = 0;
  // Our word to it, while it is root: nothing is claimed before.
  std::optional<SteadyTime> promised_until;
  // Its word to us, on our clock.
  std::optional<SteadyTime> holds_still_until;
};

// The other admitted control nodes and what their beats say. Not thread-safe.
class ControlPeers {
 public:
  explicit ControlPeers(std::string self) : self_(std::move(self)) {}

  // What is known of those who stay is kept. Whether this node is among them.
  bool SetNodes(const std::vector<ControlNode>& nodes);
  // Nothing when the node is not admitted.
  const ControlPeer* Hear(const std::string& id, const ControlBeat& beat, SteadyTime now);
  // This node tells it that it claims nothing for so long after what it has heard of it.
  void Promise(const std::string& id, absl::Duration promise);
  // It has promised to claim nothing before.
  void NotePromise(const std::string& id, SteadyTime until);
  // This node was absent so long: nobody is to blame for what it did not hear meanwhile.
  void Extend(absl::Duration absence, SteadyTime now);

  const ControlPeer* Find(const std::string& id) const;
  const std::map<std::string, ControlPeer>& all() const { return peers_; }
  // Heard within `limit` of `now`.
  static bool IsFresh(const ControlPeer& peer, SteadyTime now, absl::Duration limit) {
    return peer.heard_at.has_value() && now - *peer.heard_at < limit;
  }

 private:
  const std::string self_;
  std::map<std::string, ControlPeer> peers_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_PEERS_H_
