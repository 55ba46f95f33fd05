#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_CONFIG_TEXT_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_CONFIG_TEXT_H_

#include <yaml-cpp/yaml.h>

#include <string>

#include "cli/local_fleet/service_config_text.h"
#include "cli/local_fleet/site_layout.h"

// What the services' YAML files are made of.
namespace understudy::cli {

inline constexpr char kLoopback[] = "127.0.0.1";

// "127.0.0.1:7102".
std::string At(const std::string& host, int port);

// certificate, private_key and authorities of the process of that name.
YAML::Node TlsSection(const SiteLayout& layout, const std::string& name);

// What all services have in common.
YAML::Node CommonConfig(const SiteLayout& layout, const ServiceSettings& settings,
                        const ServicePorts& ports, const std::string& name,
                        const std::string& host = kLoopback);

std::string YamlText(const YAML::Node& config);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_CONFIG_TEXT_H_
