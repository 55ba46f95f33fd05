#include "services/config_vault/control_packet.h"

#include <sodium.h>

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/document/sha256.h"

namespace understudy::config_vault {
namespace {

static_assert(kControlMacSize == crypto_generichash_BYTES_MIN);
static_assert(beat::kKeySize == crypto_generichash_KEYBYTES);

// The last character is the version of the layout.
constexpr std::array<uint8_t, 4> kMagic = {'U', 'S', 'C', '1'};
constexpr uint8_t kIsRoot = 1;
constexpr uint8_t kWhole = 2;
constexpr uint8_t kFollowing = 4;

constexpr size_t kFlagsOffset = 4;
constexpr size_t kHeardOffset = 8;
constexpr size_t kHoldsStillOffset = 12;
constexpr size_t kNumbersOffset = 16;
constexpr size_t kMacOffset = kControlPacketSize - kControlMacSize;

// The 64-bit fields, in the order in which they lie.
constexpr std::array kNumbers = {
    &ControlPacket::sender,        &ControlPacket::receiver,      &ControlPacket::instance,
    &ControlPacket::sequence,      &ControlPacket::echo_instance, &ControlPacket::echo_sequence,
    &ControlPacket::epoch,         &ControlPacket::root,          &ControlPacket::applied,
};
static_assert(kNumbersOffset + 8 * kNumbers.size() <= kMacOffset);

template <typename Number>
void Store(uint8_t* to, Number value) {
  for (size_t i = sizeof(value); i-- > 0; value = static_cast<Number>(value >> 8)) {
    to[i] = static_cast<uint8_t>(value);
  }
}

template <typename Number>
Number Load(const uint8_t* from) {
  Number value = 0;
  for (size_t i = 0; i < sizeof(value); ++i) value = static_cast<Number>(value << 8 | from[i]);
  return value;
}

void ComputeMac(const uint8_t* packet, const beat::SessionKey& key, uint8_t* mac) {
  // Picks the machine's fastest BLAKE2b, once.
  static const int initialised = sodium_init();
  static_cast<void>(initialised);
  crypto_generichash(mac, kControlMacSize, packet, kMacOffset, key.data(), beat::kKeySize);
}

}  // namespace

uint64_t NodeTag(std::string_view node_id) {
  return Load<uint64_t>(Sha256Of(node_id).data());
}

beat::SessionKey ControlBeatKey(std::string_view secret) {
  const Sha256 hash =
      Sha256Of(absl::StrCat("understudy control beats 1\n", std::string(secret)));
  return *beat::SessionKey::FromBytes(Sha256ToBytes(hash));
}

ControlPacketBytes EncodeControlPacket(const ControlPacket& packet, const beat::SessionKey& key) {
  ControlPacketBytes bytes = {};
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  bytes[kFlagsOffset] = static_cast<uint8_t>((packet.is_root ? kIsRoot : 0) |
                                             (packet.household_whole ? kWhole : 0) |
                                             (packet.following ? kFollowing : 0));
  Store(&bytes[kHeardOffset], packet.root_heard_ago_us);
  Store(&bytes[kHoldsStillOffset], packet.holds_still_us);
  size_t offset = kNumbersOffset;
  for (const auto number : kNumbers) {
    Store(&bytes[offset], packet.*number);
    offset += 8;
  }
  ComputeMac(bytes.data(), key, &bytes[kMacOffset]);
  return bytes;
}

std::string_view ControlResultName(ControlResult result) {
  static constexpr std::array<std::string_view, kControlResults> kNames = {
      "ok", "wrong_size", "bad_magic", "bad_mac", "unknown_node", "replayed", "unproven"};
  return kNames[static_cast<size_t>(result)];
}

ControlResult DecodeControlPacket(std::span<const uint8_t> bytes, const beat::SessionKey& key,
                                  ControlPacket& packet) {
  if (bytes.size() != kControlPacketSize) return ControlResult::kWrongSize;
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return ControlResult::kBadMagic;
  }
  std::array<uint8_t, kControlMacSize> mac;
  ComputeMac(bytes.data(), key, mac.data());
  if (sodium_memcmp(mac.data(), &bytes[kMacOffset], kControlMacSize) != 0) {
    return ControlResult::kBadMac;
  }
  packet.is_root = (bytes[kFlagsOffset] & kIsRoot) != 0;
  packet.household_whole = (bytes[kFlagsOffset] & kWhole) != 0;
  packet.following = (bytes[kFlagsOffset] & kFollowing) != 0;
  packet.root_heard_ago_us = Load<uint32_t>(&bytes[kHeardOffset]);
  packet.holds_still_us = Load<uint32_t>(&bytes[kHoldsStillOffset]);
  size_t offset = kNumbersOffset;
  for (const auto number : kNumbers) {
    packet.*number = Load<uint64_t>(&bytes[offset]);
    offset += 8;
  }
  return ControlResult::kOk;
}

}  // namespace understudy::config_vault
