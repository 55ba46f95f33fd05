#include "services/config_vault/control_peers.h"

#include <algorithm>
#include <utility>

namespace understudy::config_vault {

bool ControlPeers::SetNodes(const std::vector<ControlNode>& nodes) {
  std::map<std::string, ControlPeer> before = std::exchange(peers_, {});
  bool admitted = false;
  for (const ControlNode& node : nodes) {
    if (node.id == self_) {
      admitted = true;
      continue;
    }
    ControlPeer& peer = peers_[node.id];
    peer = std::move(before[node.id]);
    peer.node = node;
  }
  return admitted;
}

const ControlPeer* ControlPeers::Hear(const std::string& id, const ControlBeat& beat,
                                      SteadyTime now) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return nullptr;
  ControlPeer& peer = found->second;
  const bool is_new = beat.instance != peer.beat.instance;
  if (is_new) peer.root_under = 0;
  // Who acts no longer reads nothing on our word.
  if (is_new || !beat.is_root) peer.promised_until.reset();
  peer.heard_at = now;
  peer.beat = beat;
  if (beat.following) {
    peer.not_following_since.reset();
  } else if (!peer.not_following_since.has_value()) {
    peer.not_following_since = now;
  }
  peer.root_heard_at.reset();
  if (beat.root_heard_ago.has_value()) peer.root_heard_at = now - *beat.root_heard_ago;
  if (beat.is_root) peer.root_under = std::max(peer.root_under, beat.epoch);
  return &peer;
}

void ControlPeers::Promise(const std::string& id, absl::Duration promise) {
  ControlPeer& peer = peers_.at(id);
  const SteadyTime until = *peer.heard_at + promise;
  peer.promised_until = std::max(peer.promised_until.value_or(until), until);
}

void ControlPeers::NotePromise(const std::string& id, SteadyTime until) {
  ControlPeer& peer = peers_.at(id);
  peer.holds_still_until = std::max(peer.holds_still_until.value_or(until), until);
}

void ControlPeers::Extend(absl::Duration absence, SteadyTime now) {
  const auto extend = [&](std::optional<SteadyTime>& time) {
    if (time.has_value()) time = std::min(*time + absence, now);
  };
  for (auto& [id, peer] : peers_) {
    extend(peer.heard_at);
    extend(peer.root_heard_at);
    extend(peer.not_following_since);
  }
}

const ControlPeer* ControlPeers::Find(const std::string& id) const {
  const auto found = peers_.find(id);
  return found == peers_.end() ? nullptr : &found->second;
}

}  // namespace understudy::config_vault
