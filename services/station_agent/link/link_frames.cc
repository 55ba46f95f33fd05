#include "services/station_agent/link/link_frames.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/document/identifiers.h"
#include "common/status/status.h"
#include "common/status/utf8.h"
#include "services/station_agent/link/station_link_layout.h"

namespace understudy::station_agent {
namespace {

absl::Status BadFrame(const std::string& message) {
  return MakeError(absl::StatusCode::kInvalidArgument, "BAD_FRAME", message);
}

absl::Status CheckKind(const station_link_frame& frame, uint32_t expected, const char* mailbox) {
  if (frame.kind == expected) return absl::OkStatus();
  return BadFrame(std::string(mailbox) + ": expected a frame of kind " + std::to_string(expected) +
                  ", found kind " + std::to_string(frame.kind));
}

absl::Status CheckLength(size_t expected, size_t found, const char* mailbox) {
  if (expected == found) return absl::OkStatus();
  return BadFrame(std::string(mailbox) + ": expected " + std::to_string(expected) +
                  " bytes, found " + std::to_string(found));
}

// Text in a field that is zero-filled, and not ended by a zero when full.
template <size_t N>
std::string TextOf(const char (&field)[N]) {
  return std::string(field, strnlen(field, N));
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

double SaneNumber(double value) { return std::isfinite(value) && value > 0 ? value : 0; }

absl::StatusOr<NativeChild> DecodeChild(const station_link_child_entry& entry) {
  NativeChild child = {TextOf(entry.id), TextOf(entry.type), entry.alive != 0};
  UNDERSTUDY_RETURN_IF_ERROR(CheckChildDeviceId(child.id));
  if (!child.type.empty() && !IsPlainName(child.type)) {
    return BadFrame("children: the type of " + child.id + " is not of [A-Za-z0-9._-]");
  }
  return child;
}

}  // namespace

absl::StatusOr<NativeAnswer> DecodeAnswer(const station_link_frame& frame, std::string_view data) {
  NativeAnswer answer;
  answer.order = frame.tag;
  switch (frame.kind) {
    case STATION_LINK_ANSWER_RUNNING:
      answer.state = NativeAnswer::State::kRunning;
      std::copy(std::begin(frame.sha256), std::end(frame.sha256), answer.sha256.begin());
      return answer;
    case STATION_LINK_ANSWER_REFUSED:
      answer.state = NativeAnswer::State::kRefused;
      answer.reason = ToValidUtf8(data, STATION_LINK_MAX_REASON);
      return answer;
    case STATION_LINK_ANSWER_IDLE:
      answer.state = NativeAnswer::State::kIdle;
      return answer;
    default:
      return BadFrame("answer: unknown kind " + std::to_string(frame.kind));
  }
}

absl::StatusOr<NativeConfiguration> DecodeConfiguration(const station_link_frame& frame,
                                                        std::string_view data) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckKind(frame, STATION_LINK_CONFIGURATION, "configuration"));
  return NativeConfiguration{frame.tag, std::string(data)};
}

absl::StatusOr<NativeIndicators> DecodeIndicators(const station_link_frame& frame,
                                                  std::string_view data) {
  station_link_indicators_frame raw;
  UNDERSTUDY_RETURN_IF_ERROR(CheckKind(frame, STATION_LINK_INDICATORS, "indicators"));
  UNDERSTUDY_RETURN_IF_ERROR(CheckLength(sizeof raw, data.size(), "indicators"));
  std::memcpy(&raw, data.data(), sizeof raw);
  if (raw.custom_count > STATION_LINK_MAX_CUSTOM_INDICATORS) {
    return BadFrame("indicators: " + std::to_string(raw.custom_count) +
                    " custom indicators, at most 16 are allowed");
  }
  NativeIndicators indicators = {raw.memory_bytes, SaneNumber(raw.cpu_used), {}};
  for (uint32_t i = 0; i < raw.custom_count; ++i) {
    std::string name = TextOf(raw.custom[i].name);
    if (!IsPlainName(name)) return BadFrame("indicators: a name is not of [A-Za-z0-9._-]");
    indicators.custom.emplace_back(std::move(name), SaneNumber(raw.custom[i].value));
  }
  return indicators;
}

absl::StatusOr<std::vector<NativeChild>> DecodeChildren(const station_link_frame& frame,
                                                        std::string_view data) {
  constexpr size_t kHead = offsetof(station_link_children_frame, children);
  UNDERSTUDY_RETURN_IF_ERROR(CheckKind(frame, STATION_LINK_CHILDREN, "children"));
  if (data.size() < kHead) return BadFrame("children: shorter than its head");
  uint32_t count = 0;
  std::memcpy(&count, data.data(), sizeof count);
  if (count > STATION_LINK_MAX_CHILDREN) {
    return BadFrame("children: " + std::to_string(count) + " children, at most 1024 are allowed");
  }
  UNDERSTUDY_RETURN_IF_ERROR(
      CheckLength(kHead + count * sizeof(station_link_child_entry), data.size(), "children"));
  std::vector<NativeChild> children;
  children.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    station_link_child_entry entry;
    std::memcpy(&entry, data.data() + kHead + i * sizeof entry, sizeof entry);
    UNDERSTUDY_ASSIGN_OR_RETURN(NativeChild child, DecodeChild(entry));
    children.push_back(std::move(child));
  }
  std::sort(children.begin(), children.end(),
            [](const NativeChild& a, const NativeChild& b) { return a.id < b.id; });
  const auto twin =
      std::adjacent_find(children.begin(), children.end(),
                         [](const NativeChild& a, const NativeChild& b) { return a.id == b.id; });
  if (twin != children.end()) return BadFrame("children: " + twin->id + " comes twice");
  return children;
}

}  // namespace understudy::station_agent
