#include "services/config_vault/control_links.h"

#include <algorithm>
#include <utility>

namespace understudy::config_vault {
namespace {

// Cut to what a packet's field holds.
uint32_t Microseconds(absl::Duration duration) {
  return static_cast<uint32_t>(
      std::clamp<int64_t>(absl::ToInt64Microseconds(duration), 0, int64_t{kNeverHeard} - 1));
}

}  // namespace

ControlLinks::ControlLinks(std::string self, uint64_t instance, const beat::SessionKey& key)
    : self_(std::move(self)), self_tag_(NodeTag(self_)), instance_(instance), key_(key) {}

void ControlLinks::SetPeers(const std::vector<std::string>& ids) {
  std::map<uint64_t, Link> before = std::exchange(links_, {});
  for (const std::string& id : ids) {
    const uint64_t tag = NodeTag(id);
    if (tag == self_tag_) continue;
    const auto known = before.find(tag);
    Link& link = links_[tag];
    link = known == before.end() ? Link{.sent = most_sent_} : std::move(known->second);
    link.id = id;
  }
}

ControlPacketBytes ControlLinks::Encode(const std::string& peer, const ControlBeat& beat,
                                        SteadyTime now) {
  Link& link = links_.at(NodeTag(peer));
  most_sent_ = std::max(most_sent_, link.sent + 1);
  link.sent_at[(link.sent + 1) % kRecentPackets] = now;
  ControlPacket packet{.sender = self_tag_,
                       .receiver = NodeTag(peer),
                       .instance = instance_,
                       .sequence = ++link.sent,
                       .echo_instance = link.seen_instance,
                       .echo_sequence = link.seen_sequence,
                       .epoch = beat.epoch,
                       .root = beat.root.empty() ? 0 : NodeTag(beat.root),
                       .is_root = beat.is_root,
                       .household_whole = beat.household_whole,
                       .following = beat.following,
                       .applied = beat.applied,
                       .root_heard_ago_us = kNeverHeard,
                       .holds_still_us = Microseconds(beat.holds_still)};
  if (beat.root_heard_ago.has_value()) {
    packet.root_heard_ago_us = Microseconds(*beat.root_heard_ago);
  }
  return EncodeControlPacket(packet, key_);
}

ControlLinks::Received ControlLinks::Receive(std::span<const uint8_t> bytes) {
  ControlPacket packet;
  Received received{.result = DecodeControlPacket(bytes, key_, packet)};
  if (received.result != ControlResult::kOk) return received;
  const auto found = links_.find(packet.sender);
  if (found == links_.end() || packet.receiver != self_tag_) {
    received.result = ControlResult::kUnknownNode;
    return received;
  }
  received.result = Judge(found->second, packet);
  if (received.result != ControlResult::kOk) return received;
  received.from = found->second.id;
  received.beat = {.instance = packet.instance,
                   .epoch = packet.epoch,
                   .root = NameOf(packet.root),
                   .is_root = packet.is_root,
                   .household_whole = packet.household_whole,
                   .following = packet.following,
                   .applied = packet.applied,
                   .root_heard_ago = std::nullopt,
                   .holds_still = absl::Microseconds(packet.holds_still_us)};
  if (packet.root_heard_ago_us != kNeverHeard) {
    received.beat.root_heard_ago = absl::Microseconds(packet.root_heard_ago_us);
  }
  if (IsEcho(found->second, packet)) {
    received.beat.acknowledged = found->second.sent_at[packet.echo_sequence % kRecentPackets];
  }
  return received;
}

ControlResult ControlLinks::Judge(Link& link, const ControlPacket& packet) {
  if (packet.instance == link.instance) {
    if (packet.sequence <= link.sequence) return ControlResult::kReplayed;
    link.sequence = packet.sequence;
    link.seen_instance = packet.instance;
    link.seen_sequence = packet.sequence;
    return ControlResult::kOk;
  }
  const bool proven = IsEcho(link, packet);
  link.seen_instance = packet.instance;
  link.seen_sequence = packet.sequence;
  if (!proven) return ControlResult::kUnproven;
  link.instance = packet.instance;
  link.sequence = packet.sequence;
  return ControlResult::kOk;
}

bool ControlLinks::IsEcho(const Link& link, const ControlPacket& packet) const {
  return packet.echo_instance == instance_ && packet.echo_sequence <= link.sent &&
         packet.echo_sequence + kRecentPackets > link.sent;
}

std::string ControlLinks::NameOf(uint64_t tag) const {
  if (tag == self_tag_) return self_;
  const auto found = links_.find(tag);
  return found == links_.end() ? std::string() : found->second.id;
}

}  // namespace understudy::config_vault
