#include "common/status/utf8.h"

#include <cstdint>

namespace understudy {
namespace {

// Bytes that a lead byte announces, and the range allowed for the byte after it (RFC 3629).
struct Lead {
  size_t length = 0;
  uint8_t second_low = 0x80;
  uint8_t second_high = 0xBF;
};

Lead LeadOf(uint8_t byte) {
  if (byte < 0x80) return {.length = 1};
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {.length = 2};
  if (byte == 0xE0) return {.length = 3, .second_low = 0xA0};
  if (byte == 0xED) return {.length = 3, .second_high = 0x9F};
  if (byte < 0xF0) return {.length = 3};
  if (byte == 0xF0) return {.length = 4, .second_low = 0x90};
  if (byte < 0xF4) return {.length = 4};
  if (byte == 0xF4) return {.length = 4, .second_high = 0x8F};
  return {};
}

bool IsContinuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

}  // namespace

size_t Utf8CharacterLength(std::string_view text) {
  if (text.empty()) return 0;
  const Lead lead = LeadOf(static_cast<uint8_t>(text[0]));
  if (lead.length <= 1) return lead.length;
  if (text.size() < lead.length) return 0;
  const auto second = static_cast<uint8_t>(text[1]);
  if (second < lead.second_low || second > lead.second_high) return 0;
  for (size_t i = 2; i < lead.length; ++i) {
    if (!IsContinuation(static_cast<uint8_t>(text[i]))) return 0;
  }
  return lead.length;
}

std::optional<size_t> Utf8Length(std::string_view text) {
  size_t characters = 0;
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    if (length == 0) return std::nullopt;
    text.remove_prefix(length);
    ++characters;
  }
  return characters;
}

std::string ToValidUtf8(std::string_view text, size_t max_bytes) {
  constexpr std::string_view kCut = "...";
  std::string valid;
  size_t room_for_cut = 0;
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    const size_t step = length == 0 ? 1 : length;
    if (valid.size() + step > max_bytes) {
      valid.resize(room_for_cut);
      if (kCut.size() <= max_bytes) valid += kCut;
      return valid;
    }
    valid += length == 0 ? std::string_view("?") : text.substr(0, length);
    if (valid.size() + kCut.size() <= max_bytes) room_for_cut = valid.size();
    text.remove_prefix(step);
  }
  return valid;
}

}  // namespace understudy
