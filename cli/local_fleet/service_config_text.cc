#include "cli/local_fleet/service_config_text.h"

#include <yaml-cpp/yaml.h>

#include "cli/local_fleet/config_text.h"

namespace understudy::cli {
namespace {

YAML::Node Counts(const CapabilitySet& capabilities) {
  YAML::Node node(YAML::NodeType::Map);
  for (const auto& [name, count] : capabilities.counts()) node[name] = count;
  return node;
}

void SetAddresses(const ControlNode& node, YAML::Node config) {
  config["vault"] = node.vault;
  config["membership"] = node.membership;
  config["orchestrator"] = node.orchestrator;
}

void SetControlNodes(const std::vector<ControlNode>& nodes, YAML::Node config) {
  if (nodes.size() == 1) return SetAddresses(nodes.front(), config);
  for (const ControlNode& node : nodes) {
    YAML::Node entry(YAML::NodeType::Map);
    SetAddresses(node, entry);
    config["control_nodes"].push_back(entry);
  }
}

}  // namespace

std::string AgentName(std::string_view station) { return std::string(station) + "-agent"; }

std::string NativeName(std::string_view station) { return std::string(station) + "-native"; }

std::string VaultConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                            const ServicePorts& ports) {
  YAML::Node config = CommonConfig(layout, settings, ports, kVault);
  config["data_directory"] = layout.DataDirectory(kVault);
  return YamlText(config);
}

std::string MembershipConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                                 const ServicePorts& ports, const ControlNode& beside,
                                 const std::string& name, const std::string& host) {
  YAML::Node config = CommonConfig(layout, settings, ports, name, host);
  config["vault"] = beside.vault;
  config["beat_listen"] = At(host, ports.beats);
  config["beat_interval"] = absl::FormatDuration(settings.beat_interval);
  config["missed_beats_limit"] = settings.missed_beats_limit;
  return YamlText(config);
}

std::string OrchestratorConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                                   const ServicePorts& ports, const ControlNode& beside,
                                   const std::string& name, const std::string& host) {
  YAML::Node config = CommonConfig(layout, settings, ports, name, host);
  config["vault"] = beside.vault;
  config["membership"] = beside.membership;
  // A station that did not answer on a laptop that was busy is asked again soon.
  config["abandoned_retry"] = "1s";
  // Every backup that fits holds the document.
  config["stage_spares"] = 0;
  config["collect_interval"] = absl::FormatDuration(settings.collect_interval);
  return YamlText(config);
}

std::string CheckpointConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                                 const ServicePorts& ports) {
  YAML::Node config = CommonConfig(layout, settings, ports, kCheckpoints);
  config["data_directory"] = layout.DataDirectory(kCheckpoints);
  config["http"]["listen"] = At(kLoopback, ports.http);
  if (!settings.insecure) config["operators"]["certificate_names"].push_back(kOperator);
  return YamlText(config);
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
  SetControlNodes(site.control_nodes, config);
  config["state_directory"] = layout.DataDirectory(AgentName(station.id));
  config["link"]["name"] = layout.LinkName(station.id);
  config["sync"]["mode"] = station.scheduled_sync ? "scheduled" : "real_time";
  // All stations share this machine: that it is busy says nothing of any of them.
  for (const char* share : {"cpu", "memory", "disk"}) config["limits"][share]["above"] = 1.0;
  config["limits"]["native_process_memory"]["above"] = "256MiB";
  config["limits"]["native_process_silent"] = absl::FormatDuration(settings.native_process_silent);
  config["sample_interval"] = "1s";
  return YamlText(config);
}

}  // namespace understudy::cli
