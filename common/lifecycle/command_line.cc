#include "common/lifecycle/command_line.h"

#include <CLI/CLI.hpp>

namespace understudy::lifecycle {
namespace {

struct Flags {
  std::string config;
  std::string listen;
  std::string health_listen;
  std::string metrics_listen;
  std::string log_level;
  bool insecure = false;
};

std::string Footer(const ServiceDescription& service) {
  return "Exit codes: 0 stopped as asked, 2 wrong flags or configuration, 1 any other failure.\n\n"
         "Example:\n  understudy-" +
         service.name + " --config=" + service.name + ".yaml\nwith " + service.name + ".yaml:\n" +
         service.example_config;
}

void Declare(const ServiceDescription& service, Flags& flags, CLI::App& app) {
  app.add_option("--config", flags.config, "YAML file with the configuration")->required();
  app.add_option("--listen", flags.listen, "HOST:PORT for gRPC, instead of `listen` in the file");
  app.add_option("--health_listen", flags.health_listen,
                 "HOST:PORT for health without TLS, instead of `health_listen`");
  app.add_option("--metrics_listen", flags.metrics_listen,
                 "HOST:PORT for Prometheus, instead of `metrics_listen`");
  app.add_option("--log_level", flags.log_level,
                 "debug, info, warn or error, instead of `log.level`");
  app.add_flag("--insecure", flags.insecure, "no TLS; loopback addresses only");
  app.set_version_flag("--version", service.name + " " + service.version);
  app.footer(Footer(service));
}

std::vector<ConfigOverride> Overrides(const Flags& flags) {
  std::vector<ConfigOverride> overrides;
  const auto add = [&overrides](const char* key, const std::string& value, const char* flag) {
    if (!value.empty()) overrides.push_back({key, value, flag});
  };
  add("listen", flags.listen, "--listen");
  add("health_listen", flags.health_listen, "--health_listen");
  add("metrics_listen", flags.metrics_listen, "--metrics_listen");
  add("log.level", flags.log_level, "--log_level");
  if (flags.insecure) overrides.push_back({"insecure", "true", "--insecure"});
  return overrides;
}

}  // namespace

Command ParseCommandLine(const ServiceDescription& service, int argc, const char* const* argv) {
  CLI::App app(service.summary, "understudy-" + service.name);
  Flags flags;
  Declare(service, flags, app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return PrintCommand{app.help()};
  } catch (const CLI::CallForVersion& version) {
    return PrintCommand{std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& problem) {
    return BadCommand{std::string(problem.what()) + "\nTry --help.\n"};
  }
  return RunCommand{flags.config, Overrides(flags)};
}

}  // namespace understudy::lifecycle
