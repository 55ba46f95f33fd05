#ifndef UNDERSTUDY_COMMON_CONFIG_QUANTITY_TEXT_H_
#define UNDERSTUDY_COMMON_CONFIG_QUANTITY_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace understudy::config {

// "100ms", "1.5s", "2m30s", "0". Units: ns, us, ms, s, m, h. Nothing for other text, for negative
// durations and for more than 100 years.
std::optional<absl::Duration> ParseDuration(std::string_view text);
// The shortest such text: ParseDuration(FormatDuration(d)) == d for what ParseDuration accepts.
// Call it by its full name: Abseil has one of this name, too.
std::string FormatDuration(absl::Duration duration);

// "512", "64KiB", "4MiB", "1GiB" (or B; a space before the unit is allowed). Nothing for other text
// and for what does not fit into 63 bits.
std::optional<uint64_t> ParseSize(std::string_view text);
// In the largest unit that divides it: "4MiB", "1000B".
std::string FormatSize(uint64_t bytes);

}  // namespace understudy::config

#endif  // UNDERSTUDY_COMMON_CONFIG_QUANTITY_TEXT_H_
