#include "common/status/error_info.h"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace understudy {
namespace {

// Field numbers: of ErrorInfo, and of an entry of its map.
constexpr uint64_t kReason = 1;
constexpr uint64_t kDomain = 2;
constexpr uint64_t kMetadata = 3;
constexpr uint64_t kKey = 1;
constexpr uint64_t kValue = 2;

// Wire types of protobuf's encoding.
constexpr uint64_t kVarint = 0;
constexpr uint64_t kFixed64 = 1;
constexpr uint64_t kLengthDelimited = 2;
constexpr uint64_t kFixed32 = 5;

void AppendVarint(uint64_t value, std::string& bytes) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(0x80 | (value & 0x7F));
  bytes += static_cast<char>(value);
}

void AppendField(uint64_t number, std::string_view value, std::string& bytes) {
  AppendVarint(number << 3 | kLengthDelimited, bytes);
  AppendVarint(value.size(), bytes);
  bytes += value;
}

std::optional<uint64_t> TakeVarint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

struct Field {
  uint64_t number = 0;
  // Only of length-delimited fields.
  std::optional<std::string_view> value;
};

std::optional<size_t> LengthOf(uint64_t wire_type, std::string_view& bytes) {
  if (wire_type == kVarint)
    return TakeVarint(bytes).has_value() ? std::optional<size_t>(0) : std::nullopt;
  if (wire_type == kFixed64) return 8;
  if (wire_type == kFixed32) return 4;
  if (wire_type == kLengthDelimited) return TakeVarint(bytes);
  return std::nullopt;
}

std::optional<Field> TakeField(std::string_view& bytes) {
  const std::optional<uint64_t> tag = TakeVarint(bytes);
  if (!tag.has_value() || *tag >> 3 == 0) return std::nullopt;
  const uint64_t wire_type = *tag & 7;
  const std::optional<size_t> length = LengthOf(wire_type, bytes);
  if (!length.has_value() || *length > bytes.size()) return std::nullopt;
  Field field = {.number = *tag >> 3, .value = std::nullopt};
  if (wire_type == kLengthDelimited) field.value = bytes.substr(0, *length);
  bytes.remove_prefix(*length);
  return field;
}

// Calls `take` for each length-delimited field; false when `bytes` is malformed, or `take` says so.
template <typename Take>
bool ForEachField(std::string_view bytes, Take take) {
  while (!bytes.empty()) {
    const std::optional<Field> field = TakeField(bytes);
    if (!field.has_value()) return false;
    if (field->value.has_value() && !take(field->number, *field->value)) return false;
  }
  return true;
}

bool DecodeEntry(std::string_view bytes, std::map<std::string, std::string>& metadata) {
  std::string key;
  std::string value;
  const bool good = ForEachField(bytes, [&](uint64_t number, std::string_view text) {
    if (number == kKey) key = text;
    if (number == kValue) value = text;
    return true;
  });
  if (good) metadata[std::move(key)] = std::move(value);
  return good;
}

}  // namespace

std::string EncodeErrorInfo(const ErrorInfo& info) {
  std::string bytes;
  if (!info.reason.empty()) AppendField(kReason, info.reason, bytes);
  if (!info.domain.empty()) AppendField(kDomain, info.domain, bytes);
  for (const auto& [key, value] : info.metadata) {
    std::string entry;
    AppendField(kKey, key, entry);
    AppendField(kValue, value, entry);
    AppendField(kMetadata, entry, bytes);
  }
  return bytes;
}

std::optional<ErrorInfo> DecodeErrorInfo(std::string_view bytes) {
  ErrorInfo info;
  const bool good = ForEachField(bytes, [&info](uint64_t number, std::string_view value) {
    if (number == kReason) info.reason = value;
    if (number == kDomain) info.domain = value;
    return number != kMetadata || DecodeEntry(value, info.metadata);
  });
  if (!good) return std::nullopt;
  return info;
}

}  // namespace understudy
