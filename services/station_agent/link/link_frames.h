#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_LINK_FRAMES_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_LINK_FRAMES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/document/sha256.h"
#include "services/station_agent/link/station_link_mailbox.h"

namespace understudy::station_agent {

// What the native process says, decoded. The decoders take a frame that station_link_mailbox_read
// has copied and found whole; they check everything else about it, because a whole frame may still
// be nonsense. Pure.
//   INVALID_ARGUMENT BAD_FRAME

struct NativeAnswer {
  enum class State { kRunning, kRefused, kIdle };
  State state = State::kIdle;
  // The order that it answers; 0 before the first.
  uint64_t order = 0;
  // Of kRunning: what it runs.
  Sha256 sha256 = {};
  // Of kRefused; UTF-8, at most 256 bytes.
  std::string reason;

  friend bool operator==(const NativeAnswer&, const NativeAnswer&) = default;
};

struct NativeConfiguration {
  // The order under which the program runs it; 0 before the first.
  uint64_t order = 0;
  std::string content;
};

struct NativeIndicators {
  uint64_t memory_bytes = 0;
  double cpu_used = 0;
  // At most 16; names are of [A-Za-z0-9._-].
  std::vector<std::pair<std::string, double>> custom;

  friend bool operator==(const NativeIndicators&, const NativeIndicators&) = default;
};

struct NativeChild {
  std::string id;
  std::string type;
  bool alive = false;

  friend bool operator==(const NativeChild&, const NativeChild&) = default;
};

absl::StatusOr<NativeAnswer> DecodeAnswer(const station_link_frame& frame, std::string_view data);
absl::StatusOr<NativeConfiguration> DecodeConfiguration(const station_link_frame& frame,
                                                        std::string_view data);
// Numbers that are not finite or not positive become 0.
absl::StatusOr<NativeIndicators> DecodeIndicators(const station_link_frame& frame,
                                                  std::string_view data);
// By id. Two children of one id are refused.
absl::StatusOr<std::vector<NativeChild>> DecodeChildren(const station_link_frame& frame,
                                                        std::string_view data);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_LINK_FRAMES_H_
