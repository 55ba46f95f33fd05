#ifndef UNDERSTUDY_COMMON_BEAT_BEAT_H_
#define UNDERSTUDY_COMMON_BEAT_BEAT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/beat/session_key.h"

// The beat and its answer as they travel over UDP. The layout is in README.md. Pure: no sockets, no
// clock, no allocation.
namespace understudy::beat {

inline constexpr size_t kPacketSize = 48;
inline constexpr size_t kMacSize = 16;
inline constexpr uint8_t kVersion = 1;

using Packet = std::array<uint8_t, kPacketSize>;

// What became of received bytes. The numbers index counters.
enum class Outcome : uint8_t {
  kOk = 0,
  kTruncated = 1,
  kTooLong = 2,
  kBadMagic = 3,
  kBadVersion = 4,
  kBadMac = 5,
};
inline constexpr size_t kOutcomes = 6;
// "ok", "truncated", ... for metrics and logs.
std::string_view OutcomeName(Outcome outcome);

// A station to membership: "I am well (or not)".
struct Beat {
  // The station wants an answer, which renews its lease.
  bool answer_requested = false;
  // Bit (n - 1) for each understudy.type.v1.HealthFault n.
  uint16_t health = 0;
  uint64_t session_id = 0;
  // Grows by at least 1 from beat to beat of a session, over UDP and the stream together.
  uint64_t sequence = 0;
  // The sender's steady clock when it sent, in ns; comes back in the answer untouched.
  uint64_t sender_time_ns = 0;

  friend bool operator==(const Beat&, const Beat&) = default;
};

// Membership to a station.
struct Answer {
  // The session is over: join again. No lease is renewed.
  bool session_ended = false;
  // The next three are the beat's.
  uint64_t session_id = 0;
  uint64_t sequence = 0;
  uint64_t sender_time_ns = 0;

  friend bool operator==(const Answer&, const Answer&) = default;
};

Packet EncodeBeat(const Beat& beat, const SessionKey& key);
Packet EncodeAnswer(const Answer& answer, const SessionKey& key);

// Reads a beat without trusting it: enough to find the key of its session. Never kBadMac. `beat` is
// set only when kOk.
Outcome DecodeBeatHeader(std::span<const uint8_t> bytes, Beat& beat);
// Whether `bytes` (kPacketSize of them, or it is false) end in the MAC that `key` makes of the
// rest. Takes the same time for every wrong MAC.
bool VerifyMac(std::span<const uint8_t> bytes, const SessionKey& key);

// DecodeBeatHeader, then VerifyMac. For whoever has one session.
Outcome DecodeBeat(std::span<const uint8_t> bytes, const SessionKey& key, Beat& beat);
// As DecodeBeat. The caller checks that session and sequence are its own.
Outcome DecodeAnswer(std::span<const uint8_t> bytes, const SessionKey& key, Answer& answer);

}  // namespace understudy::beat

#endif  // UNDERSTUDY_COMMON_BEAT_BEAT_H_
