#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_LINKS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_LINKS_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/beat/session_key.h"
#include "services/config_vault/control_beat.h"
#include "services/config_vault/control_packet.h"

namespace understudy::config_vault {

// The beats of one control node: makes packets of them for each peer, and believes only packets
// that are fresh. Within one start (instance) of a peer the sequence must grow. A new instance is
// believed once it has echoed a recent packet of ours, so that what somebody recorded of a peer
// cannot keep it alive after its death, not even to a node that has just started itself.
// Not thread-safe.
class ControlLinks {
 public:
  // `instance` is never 0.
  ControlLinks(std::string self, uint64_t instance, const beat::SessionKey& key);

  // The other admitted nodes; what is known of those who stay is kept. One that was removed and
  // comes back may never have stopped: to it, too, our sequence goes on growing.
  void SetPeers(const std::vector<std::string>& ids);

  // The next packet to the peer, which must be one of the peers. `now` must not be later than when
  // it is sent.
  ControlPacketBytes Encode(const std::string& peer, const ControlBeat& beat, SteadyTime now);

  struct Received {
    ControlResult result = ControlResult::kOk;
    // Set when kOk.
    std::string from = {};
    ControlBeat beat = {};
  };
  Received Receive(std::span<const uint8_t> bytes);

 private:
  // An echo proves freshness while it is among so many of our latest packets to the peer.
  static constexpr uint64_t kRecentPackets = 64;

  struct Link {
    std::string id = {};
    // Of the packets to the peer.
    uint64_t sent = 0;
    // When the latest of them were sent, each at its sequence modulo the array's length.
    std::array<SteadyTime, kRecentPackets> sent_at = {};
    // The instance that is believed, 0 before the first, and its newest packet.
    uint64_t instance = 0;
    uint64_t sequence = 0;
    // What is echoed: the newest packet that was seen, believed or not.
    uint64_t seen_instance = 0;
    uint64_t seen_sequence = 0;
  };

  ControlResult Judge(Link& link, const ControlPacket& packet);
  // Whether it names a recent packet of ours.
  bool IsEcho(const Link& link, const ControlPacket& packet) const;
  std::string NameOf(uint64_t tag) const;

  const std::string self_;
  const uint64_t self_tag_;
  const uint64_t instance_;
  const beat::SessionKey key_;
  // By tag.
  std::map<uint64_t, Link> links_;
  // The most packets that were ever sent to one peer.
  uint64_t most_sent_ = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_LINKS_H_
