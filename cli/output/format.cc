#include "cli/output/format.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace understudy::cli {
namespace {

// Three significant figures, and no more than there are.
std::string ThreeFigures(double value) {
  if (value >= 99.95) return absl::StrFormat("%.0f", value);
  if (value >= 9.995) return absl::StrFormat("%.1f", value);
  return absl::StrFormat("%.2f", value);
}

// "3 min 5 s" of a long duration: two units.
std::string LongDuration(int64_t seconds) {
  constexpr std::array<std::pair<int64_t, const char*>, 4> kUnits = {
      {{86'400, "d"}, {3'600, "h"}, {60, "min"}, {1, "s"}}};
  for (size_t i = 0; i + 1 < kUnits.size(); ++i) {
    const auto& [big, big_name] = kUnits[i];
    const auto& [small, small_name] = kUnits[i + 1];
    if (seconds < big) continue;
    const int64_t rest = seconds % big / small;
    const std::string whole = absl::StrCat(seconds / big, " ", big_name);
    return rest == 0 ? whole : absl::StrCat(whole, " ", rest, " ", small_name);
  }
  return absl::StrCat(seconds, " s");
}

}  // namespace

std::string DurationText(absl::Duration duration) {
  if (duration < absl::ZeroDuration()) return "-" + DurationText(-duration);
  if (duration == absl::ZeroDuration()) return "0 ms";
  if (duration >= absl::Seconds(100)) return LongDuration(absl::ToInt64Seconds(duration));
  const double microseconds = absl::ToDoubleMicroseconds(duration);
  if (microseconds < 999.5) return absl::StrFormat("%.0f µs", microseconds);
  if (microseconds < 999'500) return ThreeFigures(microseconds / 1e3) + " ms";
  return ThreeFigures(microseconds / 1e6) + " s";
}

std::string TimeText(absl::Time time) {
  if (time == absl::UnixEpoch()) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

std::string SizeText(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return absl::StrCat(ThreeFigures(value), " ", kUnits[unit]);
}

std::string HashText(std::string_view bytes, bool whole) {
  const std::string hex = absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
  return whole ? hex : hex.substr(0, 12);
}

std::string CountsText(const std::map<std::string, uint32_t>& counts) {
  std::string out;
  for (const auto& [name, count] : counts) {
    absl::StrAppend(&out, out.empty() ? "" : ", ", name, ": ", count);
  }
  return out;
}

std::string Plural(uint64_t count, std::string_view noun) {
  return absl::StrCat(count, " ", std::string(noun), count == 1 ? "" : "s");
}

}  // namespace understudy::cli
