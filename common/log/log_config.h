#ifndef UNDERSTUDY_COMMON_LOG_LOG_CONFIG_H_
#define UNDERSTUDY_COMMON_LOG_LOG_CONFIG_H_

#include <optional>
#include <string_view>

namespace understudy::log {

enum class Level { kDebug, kInfo, kWarn, kError };
enum class Format {
  // For people: time, level, [component], message, key=value.
  kText,
  // One JSON object per line.
  kJson,
};

struct LogConfig {
  Level level = Level::kInfo;
  Format format = Format::kText;
};

// "debug", "info", "warn", "error".
std::optional<Level> ParseLevel(std::string_view text);
// "text", "json".
std::optional<Format> ParseFormat(std::string_view text);

}  // namespace understudy::log

#endif  // UNDERSTUDY_COMMON_LOG_LOG_CONFIG_H_
