#include "common/beat/beat.h"

#include <sodium.h>

#include <cstring>

namespace understudy::beat {
namespace {

static_assert(kMacSize == crypto_generichash_BYTES_MIN);
static_assert(kKeySize == crypto_generichash_KEYBYTES);

constexpr std::array<uint8_t, 4> kBeatMagic = {'U', 'S', 'B', '1'};
constexpr std::array<uint8_t, 4> kAnswerMagic = {'U', 'S', 'A', '1'};
constexpr uint8_t kAnswerRequested = 1;
constexpr uint8_t kSessionEnded = 1;

constexpr size_t kVersionOffset = 4;
constexpr size_t kFlagsOffset = 5;
constexpr size_t kHealthOffset = 6;
constexpr size_t kSessionOffset = 8;
constexpr size_t kSequenceOffset = 16;
constexpr size_t kTimeOffset = 24;
constexpr size_t kMacOffset = 32;
static_assert(kMacOffset + kMacSize == kPacketSize);

void Store16(uint8_t* to, uint16_t value) {
  to[0] = static_cast<uint8_t>(value >> 8);
  to[1] = static_cast<uint8_t>(value);
}

void Store64(uint8_t* to, uint64_t value) {
  value = __builtin_bswap64(value);  // Every machine that we build for is little-endian.
  std::memcpy(to, &value, sizeof(value));
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

uint16_t Load16(const uint8_t* from) { return static_cast<uint16_t>((from[0] << 8) | from[1]); }

uint64_t Load64(const uint8_t* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof(value));
  return __builtin_bswap64(value);
}

void ComputeMac(const uint8_t* packet, const SessionKey& key, uint8_t* mac) {
  // Picks the machine's fastest BLAKE2b, once.
  static const int initialised = sodium_init();
  static_cast<void>(initialised);
  crypto_generichash(mac, kMacSize, packet, kMacOffset, key.data(), kKeySize);
}

Outcome CheckFrame(std::span<const uint8_t> bytes, const std::array<uint8_t, 4>& magic) {
  if (bytes.size() < kPacketSize) return Outcome::kTruncated;
  if (bytes.size() > kPacketSize) return Outcome::kTooLong;
  if (std::memcmp(bytes.data(), magic.data(), magic.size()) != 0) return Outcome::kBadMagic;
  if (bytes[kVersionOffset] != kVersion) return Outcome::kBadVersion;
  return Outcome::kOk;
}

Packet Frame(const std::array<uint8_t, 4>& magic, uint8_t flags, uint64_t session_id,
             uint64_t sequence, uint64_t time) {
  Packet packet = {};
  std::memcpy(packet.data(), magic.data(), magic.size());
  packet[kVersionOffset] = kVersion;
  packet[kFlagsOffset] = flags;
  Store64(&packet[kSessionOffset], session_id);
  Store64(&packet[kSequenceOffset], sequence);
  Store64(&packet[kTimeOffset], time);
  return packet;
}

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kTruncated:
      return "truncated";
    case Outcome::kTooLong:
      return "too_long";
    case Outcome::kBadMagic:
      return "bad_magic";
    case Outcome::kBadVersion:
      return "bad_version";
    case Outcome::kBadMac:
      return "bad_mac";
  }
  return "unknown";
}

Packet EncodeBeat(const Beat& beat, const SessionKey& key) {
  Packet packet = Frame(kBeatMagic, beat.answer_requested ? kAnswerRequested : 0, beat.session_id,
                        beat.sequence, beat.sender_time_ns);
  Store16(&packet[kHealthOffset], beat.health);
  ComputeMac(packet.data(), key, &packet[kMacOffset]);
  return packet;
}

Packet EncodeAnswer(const Answer& answer, const SessionKey& key) {
  Packet packet = Frame(kAnswerMagic, answer.session_ended ? kSessionEnded : 0, answer.session_id,
                        answer.sequence, answer.sender_time_ns);
  ComputeMac(packet.data(), key, &packet[kMacOffset]);
  return packet;
}

Outcome DecodeBeatHeader(std::span<const uint8_t> bytes, Beat& beat) {
  const Outcome outcome = CheckFrame(bytes, kBeatMagic);
  if (outcome != Outcome::kOk) return outcome;
  beat.answer_requested = (bytes[kFlagsOffset] & kAnswerRequested) != 0;
  beat.health = Load16(&bytes[kHealthOffset]);
  beat.session_id = Load64(&bytes[kSessionOffset]);
  beat.sequence = Load64(&bytes[kSequenceOffset]);
  beat.sender_time_ns = Load64(&bytes[kTimeOffset]);
  return Outcome::kOk;
}

bool VerifyMac(std::span<const uint8_t> bytes, const SessionKey& key) {
  if (bytes.size() != kPacketSize) return false;
  std::array<uint8_t, kMacSize> mac;
  ComputeMac(bytes.data(), key, mac.data());
  return sodium_memcmp(mac.data(), &bytes[kMacOffset], kMacSize) == 0;
}

Outcome DecodeBeat(std::span<const uint8_t> bytes, const SessionKey& key, Beat& beat) {
  Beat untrusted;
  const Outcome outcome = DecodeBeatHeader(bytes, untrusted);
  if (outcome != Outcome::kOk) return outcome;
  if (!VerifyMac(bytes, key)) return Outcome::kBadMac;
  beat = untrusted;
  return Outcome::kOk;
}

Outcome DecodeAnswer(std::span<const uint8_t> bytes, const SessionKey& key, Answer& answer) {
  const Outcome outcome = CheckFrame(bytes, kAnswerMagic);
  if (outcome != Outcome::kOk) return outcome;
  if (!VerifyMac(bytes, key)) return Outcome::kBadMac;
  answer.session_ended = (bytes[kFlagsOffset] & kSessionEnded) != 0;
  answer.session_id = Load64(&bytes[kSessionOffset]);
  answer.sequence = Load64(&bytes[kSequenceOffset]);
  answer.sender_time_ns = Load64(&bytes[kTimeOffset]);
  return Outcome::kOk;
}

}  // namespace understudy::beat
