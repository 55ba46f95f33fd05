#include "cli/local_fleet/config_text.h"

#include "absl/strings/str_cat.h"

namespace understudy::cli {

std::string At(const std::string& host, int port) { return absl::StrCat(host, ":", port); }

YAML::Node TlsSection(const SiteLayout& layout, const std::string& name) {
  YAML::Node tls;
  tls["certificate"] = layout.CertificateFile(name);
  tls["private_key"] = layout.PrivateKeyFile(name);
  tls["authorities"] = layout.CertificateFile("authority");
  return tls;
}

YAML::Node CommonConfig(const SiteLayout& layout, const ServiceSettings& settings,
                        const ServicePorts& ports, const std::string& name,
                        const std::string& host) {
  YAML::Node config;
  config["listen"] = At(host, ports.grpc);
  config["health_listen"] = At(host, ports.health);
  config["metrics_listen"] = At(host, ports.metrics);
  if (settings.insecure) {
    config["insecure"] = true;
  } else {
    config["tls"] = TlsSection(layout, name);
  }
  config["reflection"] = true;
  config["log"]["level"] = settings.log_level;
  config["ports_file"] = layout.PortsFile(name);
  return config;
}

std::string YamlText(const YAML::Node& config) {
  YAML::Emitter emitter;
  emitter << config;
  return std::string(emitter.c_str()) + "\n";
}

}  // namespace understudy::cli
