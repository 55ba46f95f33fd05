#ifndef UNDERSTUDY_COMMON_LOG_LOG_H_
#define UNDERSTUDY_COMMON_LOG_LOG_H_

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/log/log_config.h"

namespace understudy::log {

// Sets level and format for the whole process; in main, before threads start. Without it: info, as
// text. Lines go to stderr, one per record, whatever the message contains.
void Init(const LogConfig& config);

// Whether records of this level are written.
bool IsEnabled(Level level);

// A component's logger. Log state changes and what people must know, not requests. Never log keys.
//
//   log::Logger log("membership");
//   log.Info("station {} joined", id);
//   log.With("station", id).With("epoch", epoch).Warn("refused: {}", status.message());
//
// Cheap to copy, thread-safe.
class Logger {
 public:
  explicit Logger(std::string component) : component_(std::move(component)) {}

  // The same logger with one more field: key=value in text, a member of its own in JSON.
  template <typename Value>
  Logger With(std::string_view key, const Value& value) const {
    Logger with = *this;
    with.fields_.emplace_back(std::string(key), fmt::format("{}", value));
    return with;
  }

  template <typename... Args>
  void Debug(fmt::format_string<Args...> format, Args&&... args) const {
    Write(Level::kDebug, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void Info(fmt::format_string<Args...> format, Args&&... args) const {
    Write(Level::kInfo, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void Warn(fmt::format_string<Args...> format, Args&&... args) const {
    Write(Level::kWarn, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void Error(fmt::format_string<Args...> format, Args&&... args) const {
    Write(Level::kError, format, fmt::make_format_args(args...));
  }

  const std::string& component() const { return component_; }

 private:
  void Write(Level level, fmt::string_view format, fmt::format_args args) const;

  std::string component_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace understudy::log

#endif  // UNDERSTUDY_COMMON_LOG_LOG_H_
