#ifndef UNDERSTUDY_CLI_OUTPUT_FORMAT_H_
#define UNDERSTUDY_CLI_OUTPUT_FORMAT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"

// Figures as people read them.
namespace understudy::cli {

// Three figures and a unit: "850 µs", "2.41 ms", "312 ms", "1.25 s", "3 min 5 s", "2 h 10 min",
// "4 d 3 h".
std::string DurationText(absl::Duration duration);

// "2026-11-20 18:31:17 UTC"; empty for the epoch itself (never set).
std::string TimeText(absl::Time time);

// "17 B", "18.5 KiB", "4.00 MiB".
std::string SizeText(uint64_t bytes);

// Hexadecimal; the first 12 digits unless `whole`. Empty for no bytes.
std::string HashText(std::string_view bytes, bool whole = false);

// "camera.rtsp: 16, npu.tops: 8".
std::string CountsText(const std::map<std::string, uint32_t>& counts);

// "1 station", "3 stations".
std::string Plural(uint64_t count, std::string_view noun);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_OUTPUT_FORMAT_H_
