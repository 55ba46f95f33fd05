#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_PACKET_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_PACKET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/beat/session_key.h"

// A beat between control nodes as it travels over UDP. The layout is in doc/root_and_sentinels.md.
// Pure: no sockets, no clock, no allocation.
namespace understudy::config_vault {

inline constexpr size_t kControlPacketSize = 112;
inline constexpr size_t kControlMacSize = 16;
using ControlPacketBytes = std::array<uint8_t, kControlPacketSize>;

// The fields of a packet. Nodes are named by NodeTag, since all packets have one size.
struct ControlPacket {
  uint64_t sender = 0;
  uint64_t receiver = 0;
  uint64_t instance = 0;
  // Grows by at least 1 with each packet of an instance to one receiver.
  uint64_t sequence = 0;
  // The newest packet of the receiver that the sender has seen; zeros when there was none. It shows
  // that this packet is no older than that.
  uint64_t echo_instance = 0;
  uint64_t echo_sequence = 0;
  uint64_t epoch = 0;
  // NodeTag of the epoch's owner; 0 when it is not known.
  uint64_t root = 0;
  bool is_root = false;
  bool household_whole = false;
  bool following = false;
  uint64_t applied = 0;
  // kNeverHeard, or how long ago the sender heard the root, cut to 32 bits.
  uint32_t root_heard_ago_us = 0;
  // The promise to the receiver, in microseconds; 0: none.
  uint32_t holds_still_us = 0;

  bool operator==(const ControlPacket&) const = default;
};
inline constexpr uint32_t kNeverHeard = ~uint32_t{0};

// The first eight bytes of the SHA-256 of a node's id, big endian.
uint64_t NodeTag(std::string_view node_id);
// The key of a site's control beats, from the content of the secret file that its nodes share.
beat::SessionKey ControlBeatKey(std::string_view secret);

ControlPacketBytes EncodeControlPacket(const ControlPacket& packet, const beat::SessionKey& key);

// What became of received bytes. The numbers index counters.
enum class ControlResult : uint8_t {
  kOk = 0,
  kWrongSize = 1,
  kBadMagic = 2,
  kBadMac = 3,
  // For another node, or from one that is not admitted.
  kUnknownNode = 4,
  // Older than, or the same as, one that was seen.
  kReplayed = 5,
  // From a new instance that has not yet shown that it hears us: it will, with its next packets.
  kUnproven = 6,
};
inline constexpr size_t kControlResults = 7;
// "ok", "wrong_size", ... for metrics.
std::string_view ControlResultName(ControlResult result);

// kOk, kWrongSize, kBadMagic or kBadMac; `packet` is set only when kOk. Takes the same time for
// every wrong MAC.
ControlResult DecodeControlPacket(std::span<const uint8_t> bytes, const beat::SessionKey& key,
                                  ControlPacket& packet);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_PACKET_H_
