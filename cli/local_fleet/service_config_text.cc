#include "cli/local_fleet/service_config_text.h"

#include <yaml-cpp/yaml.h>

#include "absl/strings/str_cat.h"

namespace understudy::cli {
namespace {

std::string Loopback(int port) { return absl::StrCat("127.0.0.1:", port); }

// What all services have in common.
YAML::Node CommonConfig(const SiteLayout& layout, const ServiceSettings& settings,
                        const ServicePorts& ports, const std::string& name) {
  YAML::Node config;
  config["listen"] = Loopback(ports.grpc);
  config["health_listen"] = Loopback(ports.health);
  config["metrics_listen"] = Loopback(ports.metrics);
  if (settings.insecure) {
    config["insecure"] = true;
  } else {
    config["tls"]["certificate"] = layout.CertificateFile(name);
    config["tls"]["private_key"] = layout.PrivateKeyFile(name);
    config["tls"]["authorities"] = layout.CertificateFile("authority");
  }
  config["reflection"] = true;
  config["log"]["level"] = settings.log_level;
  config["ports_file"] = layout.PortsFile(name);
  return config;
}

YAML::Node Counts(const CapabilitySet& capabilities) {
  YAML::Node node(YAML::NodeType::Map);
  for (const auto& [name, count] : capabilities.counts()) node[name] = count;
  return node;
}

std::string Text(const YAML::Node& config) {
  YAML::Emitter emitter;
  emitter << config;
  return std::string(emitter.c_str()) + "\n";
}

}  // namespace

std::string AgentName(std::string_view station) { return std::string(station) + "-agent"; }

std::string NativeName(std::string_view station) { return std::string(station) + "-native"; }

std::string VaultConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                            const ServicePorts& ports) {
  YAML::Node config = CommonConfig(layout, settings, ports, kVault);
  config["data_directory"] = layout.DataDirectory(kVault);
  return Text(config);
}

std::string MembershipConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                                 const ServicePorts& ports, const SiteAddresses& site) {
  YAML::Node config = CommonConfig(layout, settings, ports, kMembership);
  config["vault"] = site.vault;
  config["beat_listen"] = Loopback(ports.beats);
  config["beat_interval"] = absl::FormatDuration(settings.beat_interval);
  config["missed_beats_limit"] = settings.missed_beats_limit;
  return Text(config);
}

std::string OrchestratorConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                                   const ServicePorts& ports, const SiteAddresses& site) {
  YAML::Node config = CommonConfig(layout, settings, ports, kOrchestrator);
  config["vault"] = site.vault;
  config["membership"] = site.membership;
  // A station that did not answer on a laptop that was busy is asked again soon.
  config["abandoned_retry"] = "1s";
  // Every backup that fits holds the document.
  config["stage_spares"] = 0;
  return Text(config);
}

std::string AgentConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                            const ServicePorts& ports, const SiteAddresses& site,
                            const StationSpec& station) {
  YAML::Node config = CommonConfig(layout, settings, ports, AgentName(station.id));
  config["station_id"] = station.id;
  config["kind"] = station.duty.has_value() ? "deployment" : "backup";
  config["capabilities"] = Counts(station.capabilities);
  if (station.duty.has_value()) {
    config["duty"]["id"] = station.duty->id;
    config["duty"]["needs"] = Counts(station.duty->needs);
    config["duty"]["fencing"] = "overlap";
  }
  config["vault"] = site.vault;
  config["membership"] = site.membership;
  config["orchestrator"] = site.orchestrator;
  config["state_directory"] = layout.DataDirectory(AgentName(station.id));
  config["link"]["name"] = layout.LinkName(station.id);
  config["sync"]["mode"] = "real_time";
  // All stations share this machine: that it is busy says nothing of any of them.
  for (const char* share : {"cpu", "memory", "disk"}) config["limits"][share]["above"] = 1.0;
  config["limits"]["native_process_memory"]["above"] = "256MiB";
  config["limits"]["native_process_silent"] = absl::FormatDuration(settings.native_process_silent);
  config["sample_interval"] = "1s";
  return Text(config);
}

}  // namespace understudy::cli
