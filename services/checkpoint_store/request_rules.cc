#include "services/checkpoint_store/request_rules.h"

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

constexpr size_t kMaxNameBytes = 32;
constexpr size_t kMaxDeviceIdBytes = 64;
constexpr size_t kMaxContentTypeBytes = 64;
constexpr size_t kMaxDigits = 19;

absl::Status Invalid(const char* reason, const std::string& rule) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason, rule);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

template <typename Predicate>
bool All(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

absl::Status BadBattery() {
  return Invalid("INVALID_BATTERY",
                 "a battery reading must be like 87%, 2950mV or 87%,2950mV: 0 to 100 with at most "
                 "one decimal, 0 to 65535");
}

// "87" or "87.5".
std::optional<double> ParsePercent(std::string_view text) {
  const size_t dot = text.find('.');
  const std::optional<uint64_t> whole = ParseNumber(text.substr(0, dot));
  if (!whole.has_value() || *whole > 100) return std::nullopt;
  if (dot == std::string_view::npos) return static_cast<double>(*whole);
  const std::string_view decimal = text.substr(dot + 1);
  if (decimal.size() != 1 || !IsDigit(decimal[0])) return std::nullopt;
  return static_cast<double>(*whole) + (decimal[0] - '0') / 10.0;
}

bool ParseReading(std::string_view part, std::optional<double>& percent,
                  std::optional<uint64_t>& millivolts) {
  if (part.ends_with("%") && !percent.has_value()) {
    percent = ParsePercent(part.substr(0, part.size() - 1));
    return percent.has_value();
  }
  if (part.ends_with("mV") && !millivolts.has_value()) {
    millivolts = ParseNumber(part.substr(0, part.size() - 2));
    return millivolts.has_value();
  }
  return false;
}

}  // namespace

absl::Status CheckName(std::string_view name) {
  const auto is_good = [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; };
  if (name.size() <= kMaxNameBytes && All(name, is_good)) return absl::OkStatus();
  return Invalid("INVALID_NAME", "a name must be 1 to 32 characters of [a-z0-9-]");
}

absl::Status CheckDeviceId(std::string_view id) {
  const auto is_good = [](char c) {
    return IsLower(c) || IsUpper(c) || IsDigit(c) || c == '.' || c == '_' || c == ':' || c == '-';
  };
  if (id.size() <= kMaxDeviceIdBytes && All(id, is_good)) return absl::OkStatus();
  return Invalid("INVALID_DEVICE_ID",
                 "a device id must be 1 to 64 characters of [A-Za-z0-9._:-]");
}

absl::Status CheckContentType(std::string_view content_type) {
  const auto is_good = [](char c) { return c >= 0x20 && c < 0x7F; };
  if (content_type.size() <= kMaxContentTypeBytes && All(content_type, is_good)) {
    return absl::OkStatus();
  }
  return Invalid("INVALID_CONTENT_TYPE",
                 "a content type must be at most 64 printable ASCII characters");
}

absl::Status CheckNextWake(uint64_t seconds) {
  if (seconds <= kMaxNextWakeSeconds) return absl::OkStatus();
  return Invalid("INVALID_NEXT_WAKE",
                 absl::StrCat("the next wake-up must be in 1 to ", kMaxNextWakeSeconds,
                              " seconds"));
}

absl::StatusOr<Identifier> ParseClaim(std::string_view hex) {
  if (hex.empty()) return Identifier();
  absl::StatusOr<Identifier> claim = Identifier::FromHex(hex);
  if (claim.ok()) return claim;
  return Invalid("INVALID_CLAIM",
                 "a claim must be 8 to 64 lower-case hexadecimal digits, an even number of them");
}

absl::StatusOr<BatteryReading> ParseBattery(std::string_view text) {
  std::optional<double> percent;
  std::optional<uint64_t> millivolts;
  const size_t comma = text.find(',');
  bool good = ParseReading(text.substr(0, comma), percent, millivolts);
  if (comma != std::string_view::npos) {
    good = good && ParseReading(text.substr(comma + 1), percent, millivolts);
  }
  if (!good) return BadBattery();
  return MakeBattery(percent, millivolts);
}

absl::StatusOr<BatteryReading> MakeBattery(std::optional<double> percent,
                                           std::optional<uint64_t> millivolts) {
  BatteryReading reading;
  if (percent.has_value()) {
    if (!(*percent >= 0 && *percent <= 100)) return BadBattery();
    reading.percent = static_cast<float>(*percent);
  }
  if (millivolts.has_value()) {
    if (*millivolts > std::numeric_limits<uint16_t>::max()) return BadBattery();
    reading.millivolts = static_cast<uint16_t>(*millivolts);
  }
  return reading;
}

absl::StatusOr<Sha256> CheckContentHash(std::string_view content,
                                        const std::optional<Sha256>& told) {
  const Sha256 digest = Sha256Of(content);
  if (!told.has_value() || *told == digest) return digest;
  return Invalid("HASH_MISMATCH", "the content has another hash than the request tells");
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  if (text.empty() || text.size() > kMaxDigits || !All(text, IsDigit)) return std::nullopt;
  uint64_t number = 0;
  for (const char digit : text) number = number * 10 + static_cast<uint64_t>(digit - '0');
  return number;
}

}  // namespace understudy::checkpoint_store
