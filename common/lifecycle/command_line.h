#ifndef UNDERSTUDY_COMMON_LIFECYCLE_COMMAND_LINE_H_
#define UNDERSTUDY_COMMON_LIFECYCLE_COMMAND_LINE_H_

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace understudy::lifecycle {

// What a service says of itself.
struct ServiceDescription {
  // As in "config-vault".
  std::string name;
  std::string version;
  // One sentence.
  std::string summary;
  // Lines of a small configuration file, for --help.
  std::string example_config;
};

// Key of the configuration file, its value, and the flag that gave it.
struct ConfigOverride {
  std::string key;
  std::string value;
  std::string flag;
};

struct RunCommand {
  std::string config_file;
  std::vector<ConfigOverride> overrides;
};
// Asked for: goes to standard output, exit code 0.
struct PrintCommand {
  std::string text;
};
// Exit code 2.
struct BadCommand {
  std::string text;
};
using Command = std::variant<RunCommand, PrintCommand, BadCommand>;

// Reads the flags that every service has: --config, --listen, --health_listen, --metrics_listen,
// --log_level, --insecure, --version, --help. Both --flag=value and --flag value.
Command ParseCommandLine(const ServiceDescription& service, int argc, const char* const* argv);

}  // namespace understudy::lifecycle

#endif  // UNDERSTUDY_COMMON_LIFECYCLE_COMMAND_LINE_H_
