#include "common/log/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>

#include "common/log/log_line.h"

namespace understudy::log {
namespace {

constexpr char kTextPattern[] = "%Y-%m-%dT%H:%M:%S.%eZ %L %v";
constexpr char kJsonPattern[] = R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})";

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Never destroyed: threads may log while the process exits.
struct Output {
  Output() : logger("", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger.set_level(spdlog::level::debug);
    Use(Format::kText);
  }
  void Use(Format new_format) {
    format = new_format;
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        new_format == Format::kText ? kTextPattern : kJsonPattern, spdlog::pattern_time_type::utc));
  }

  std::atomic<Level> level{Level::kInfo};
  std::atomic<Format> format{Format::kText};
  spdlog::logger logger;
};

Output& TheOutput() {
  static Output* const output = new Output();
  return *output;
}

}  // namespace

void Init(const LogConfig& config) {
  TheOutput().level = config.level;
  TheOutput().Use(config.format);
}

bool IsEnabled(Level level) { return level >= TheOutput().level.load(std::memory_order_relaxed); }

void Logger::Write(Level level, fmt::string_view format, fmt::format_args args) const {
  if (!IsEnabled(level)) return;
  const std::string message = fmt::vformat(format, args);
  Output& output = TheOutput();
  const bool json = output.format == Format::kJson;
  output.logger.log(ToSpdlog(level),
                    spdlog::string_view_t(json ? JsonMembers(component_, message, fields_)
                                               : TextLine(component_, message, fields_)));
}

}  // namespace understudy::log
