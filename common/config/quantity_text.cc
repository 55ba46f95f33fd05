#include "common/config/quantity_text.h"

#include <array>
#include <charconv>
#include <limits>

#include "absl/strings/ascii.h"

namespace understudy::config {
namespace {

struct Unit {
  std::string_view name;
  int shift;
};
constexpr std::array<Unit, 5> kSizeUnits = {
    {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}}};

constexpr absl::Duration kLongest = absl::Hours(24 * 365 * 100);

}  // namespace

std::optional<absl::Duration> ParseDuration(std::string_view text) {
  absl::Duration duration;
  // Abseil also takes signs and "inf"; the range check refuses what is left of them.
  if (text.empty() || text.size() > 64 || !absl::ascii_isdigit(text.front()) ||
      !absl::ParseDuration(absl::string_view(text.data(), text.size()), &duration)) {
    return std::nullopt;
  }
  if (duration < absl::ZeroDuration() || duration > kLongest) return std::nullopt;
  return duration;
}

std::string FormatDuration(absl::Duration duration) { return absl::FormatDuration(duration); }

std::optional<uint64_t> ParseSize(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  std::string_view unit = text.substr(end - text.data());
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.empty() && end == text.data() + text.size()) unit = "B";
  for (const Unit& candidate : kSizeUnits) {
    if (candidate.name != unit) continue;
    constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
    if (number > (kMost >> candidate.shift)) return std::nullopt;
    return number << candidate.shift;
  }
  return std::nullopt;
}

std::string FormatSize(uint64_t bytes) {
  for (const Unit& unit : kSizeUnits) {
    const uint64_t one = uint64_t{1} << unit.shift;
    if (bytes >= one && bytes % one == 0) {
      return std::to_string(bytes >> unit.shift) + std::string(unit.name);
    }
  }
  return std::to_string(bytes) + "B";
}

}  // namespace understudy::config
