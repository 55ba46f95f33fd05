#include "cli/local_fleet/control_plan.h"

#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/config_text.h"
#include "cli/local_fleet/ports.h"
#include "common/random/random.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

// Followers of an etcd leader that died stand for election 300 to 600 ms after its last heartbeat.
// Less would be quicker and, on a machine whose cores are all busy, change leaders for nothing: a
// heartbeat must be 200 ms late before any follower minds.
constexpr char kHeartbeatMilliseconds[] = "50";
constexpr char kElectionMilliseconds[] = "300";

constexpr std::array<const char*, 4> kControlServices = {kEtcd, kVault, kMembership, kOrchestrator};

// Refers to a port of a plan, by its name in the plan's file.
struct PlannedPort {
  const char* name;
  PortKind kind;
  int& port;
};

std::vector<PlannedPort> PortsOf(ControlNodePlan& node) {
  return {{"vault", PortKind::kTcp, node.vault.grpc},
          {"vault_health", PortKind::kTcp, node.vault.health},
          {"vault_metrics", PortKind::kTcp, node.vault.metrics},
          {"membership", PortKind::kTcp, node.membership.grpc},
          {"membership_health", PortKind::kTcp, node.membership.health},
          {"membership_metrics", PortKind::kTcp, node.membership.metrics},
          {"station_beats", PortKind::kUdp, node.membership.beats},
          {"orchestrator", PortKind::kTcp, node.orchestrator.grpc},
          {"orchestrator_health", PortKind::kTcp, node.orchestrator.health},
          {"orchestrator_metrics", PortKind::kTcp, node.orchestrator.metrics},
          {"etcd_client", PortKind::kTcp, node.etcd_client},
          {"etcd_peer", PortKind::kTcp, node.etcd_peer},
          {"root_beats", PortKind::kUdp, node.root_beats}};
}

std::string Url(const ServiceSettings& settings, const ControlNodePlan& node, int port) {
  return absl::StrCat(settings.insecure ? "http" : "https", "://", At(node.place.host, port));
}

// Gives each port once. Not below 10,000, where services have their well-known ones, nor above what
// Linux leaves to servers.
class PortChooser {
 public:
  int Choose(int wanted, PortKind kind) {
    if (wanted != 0 && Take(wanted, kind)) return wanted;
    for (int tries = 0; tries < kMaxTries; ++tries) {
      const int port = kLowest + static_cast<int>(random_.Below(kHighest - kLowest));
      if (Take(port, kind)) return port;
    }
    found_all_ = false;
    return 0;
  }
  bool found_all() const { return found_all_; }

 private:
  static constexpr int kLowest = 10'000;
  static constexpr int kHighest = 32'000;
  static constexpr int kMaxTries = 1'000;

  bool Take(int port, PortKind kind) {
    return IsPortFree(port, kind) && taken_.insert(port).second;
  }

  Random random_ = Random::FromEntropy();
  std::set<int> taken_;
  bool found_all_ = true;
};

// The usual ports of a service of the node, or any: those of health and metrics, too, because one
// that the system chose may belong to somebody's connection when the service starts again.
ServicePorts ChooseServicePorts(PortChooser& chooser, int usual, bool beats) {
  ServicePorts ports;
  ports.grpc = chooser.Choose(usual, PortKind::kTcp);
  ports.health = chooser.Choose(usual == 0 ? 0 : usual + 1000, PortKind::kTcp);
  ports.metrics = chooser.Choose(usual == 0 ? 0 : usual + 2000, PortKind::kTcp);
  if (beats) ports.beats = chooser.Choose(0, PortKind::kUdp);
  return ports;
}

ControlNodePlan PlanNode(PortChooser& chooser, size_t index, bool usual) {
  const auto port = [&](int first) { return usual ? first + 100 * static_cast<int>(index) : 0; };
  ControlNodePlan node;
  node.id = absl::StrCat("control-", index + 1);
  node.membership = ChooseServicePorts(chooser, port(7101), true);
  node.vault = ChooseServicePorts(chooser, port(7102), false);
  node.orchestrator = ChooseServicePorts(chooser, port(7103), false);
  node.root_beats = chooser.Choose(port(7112), PortKind::kUdp);
  node.etcd_client = chooser.Choose(port(2379), PortKind::kTcp);
  node.etcd_peer = chooser.Choose(port(2380), PortKind::kTcp);
  return node;
}

std::string InitialCluster(const ServiceSettings& settings, const ControlPlan& plan) {
  std::string members;
  for (const ControlNodePlan& node : plan) {
    absl::StrAppend(&members, members.empty() ? "" : ",", node.id, "=",
                    Url(settings, node, node.etcd_peer));
  }
  return members;
}

// Both towards clients and between members: only who has a certificate of the site's authority.
void AddEtcdTls(const SiteLayout& layout, const std::string& name,
                std::vector<std::string>& arguments) {
  const std::string authority = layout.CertificateFile("authority");
  for (const char* prefix : {"--", "--peer-"}) {
    arguments.insert(arguments.end(),
                     {absl::StrCat(prefix, "client-cert-auth"),
                      absl::StrCat(prefix, "trusted-ca-file=", authority),
                      absl::StrCat(prefix, "cert-file=", layout.CertificateFile(name)),
                      absl::StrCat(prefix, "key-file=", layout.PrivateKeyFile(name))});
  }
}

YAML::Node AddressesNode(const ControlNode& node) {
  YAML::Node yaml;
  yaml["vault"] = node.vault;
  yaml["membership"] = node.membership;
  yaml["orchestrator"] = node.orchestrator;
  return yaml;
}

YAML::Node EtcdSection(const SiteLayout& layout, const ServiceSettings& settings,
                       const ControlPlan& plan, size_t node) {
  YAML::Node etcd;
  // The member beside the vault first: it is the nearest.
  for (size_t i = 0; i < plan.size(); ++i) {
    const ControlNodePlan& member = plan[(node + i) % plan.size()];
    etcd["endpoints"].push_back(At(member.place.host, member.etcd_client));
  }
  etcd["site"] = "local";
  if (!settings.insecure) etcd["tls"] = TlsSection(layout, NodeProcess(plan[node].id, kVault));
  return etcd;
}

YAML::Node ControlSection(const SiteLayout& layout, const ControlPlan& plan, size_t index) {
  YAML::Node control;
  control["node"] = plan[index].id;
  control["advertise"] = AddressesNode(plan[index].Addresses());
  control["beat_listen"] = At(plan[index].place.host, plan[index].root_beats);
  control["secret_file"] = layout.ControlSecretFile();
  for (const ControlNodePlan& node : plan) {
    YAML::Node entry = AddressesNode(node.Addresses());
    entry["id"] = node.id;
    entry["beats"] = At(node.place.host, node.root_beats);
    control["nodes"].push_back(entry);
  }
  return control;
}

}  // namespace

ControlNode ControlNodePlan::Addresses() const {
  return {.vault = At(place.host, vault.grpc),
          .membership = At(place.host, membership.grpc),
          .orchestrator = At(place.host, orchestrator.grpc)};
}

std::string NodeProcess(std::string_view node, std::string_view service) {
  return absl::StrCat(std::string(node), "-", std::string(service));
}

std::string ControlServiceOf(std::string_view process) {
  for (const char* service : kControlServices) {
    if (process == service) return service;
    const bool ends = process.ends_with("-" + std::string(service));
    if (ends && process.starts_with("control-")) return service;
  }
  return "";
}

absl::StatusOr<ControlPlan> PlanControlNodes(size_t count, bool usual,
                                             const std::vector<Place>& places) {
  PortChooser chooser;
  ControlPlan plan;
  for (size_t i = 0; i < count; ++i) {
    plan.push_back(PlanNode(chooser, i, usual));
    if (i < places.size()) plan.back().place = places[i];
  }
  if (chooser.found_all()) return plan;
  return MakeError(absl::StatusCode::kUnavailable, "NO_FREE_PORTS",
                   absl::StrCat("there are not enough free ports for ", count, " control nodes"));
}

std::string FormatPlan(const ControlPlan& plan) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (ControlNodePlan node : plan) {
    nlohmann::ordered_json entry = {{"id", node.id}};
    for (const PlannedPort& port : PortsOf(node)) entry[port.name] = port.port;
    json.push_back(entry);
  }
  return json.dump(2) + "\n";
}

absl::StatusOr<ControlPlan> ParsePlan(std::string_view text, const std::string& file) {
  const auto broken = [&] {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_PLAN",
                     file + " is no plan of control nodes (`up --fresh` makes a new one)");
  };
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array()) return broken();
  ControlPlan plan;
  for (const nlohmann::json& entry : json) {
    if (!entry.is_object() || !entry.contains("id") || !entry["id"].is_string()) return broken();
    ControlNodePlan& node = plan.emplace_back();
    node.id = entry["id"].get<std::string>();
    for (const PlannedPort& port : PortsOf(node)) {
      const auto value = entry.find(port.name);
      if (value == entry.end() || !value->is_number_unsigned()) return broken();
      port.port = value->get<int>();
    }
  }
  return plan;
}

absl::Status CheckPlanIsFree(const ControlPlan& plan) {
  for (ControlNodePlan node : plan) {
    for (const PlannedPort& port : PortsOf(node)) {
      if (port.port == 0 || IsPortFree(port.port, port.kind)) continue;
      return MakeError(
          absl::StatusCode::kFailedPrecondition, "PORTS_TAKEN",
          absl::StrCat("port ", port.port, " (", port.name, " of ", node.id,
                       "), which this site's control nodes know each other by, is taken"));
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> EtcdArguments(const SiteLayout& layout, const ServiceSettings& settings,
                                       const ControlPlan& plan, size_t index) {
  const ControlNodePlan& node = plan[index];
  const std::string name = NodeProcess(node.id, kEtcd);
  std::vector<std::string> arguments = {
      "--name=" + node.id,
      "--data-dir=" + layout.DataDirectory(name),
      "--listen-client-urls=" + Url(settings, node, node.etcd_client),
      "--advertise-client-urls=" + Url(settings, node, node.etcd_client),
      "--listen-peer-urls=" + Url(settings, node, node.etcd_peer),
      "--initial-advertise-peer-urls=" + Url(settings, node, node.etcd_peer),
      "--initial-cluster=" + InitialCluster(settings, plan),
      "--initial-cluster-state=new",
      absl::StrCat("--heartbeat-interval=", kHeartbeatMilliseconds),
      absl::StrCat("--election-timeout=", kElectionMilliseconds),
      // One that was cut off comes back without unseating the leader.
      "--pre-vote=true",
      // The vaults compact it themselves, and keep it small.
      "--auto-compaction-retention=0",
      "--quota-backend-bytes=268435456",
      "--max-request-bytes=8388608",
      "--max-txn-ops=1024",
      "--snapshot-count=10000",
      "--logger=zap",
      "--log-outputs=stderr",
      // Who leads is told at this level.
      "--log-level=info",
      "--enable-pprof=false"};
  if (!settings.insecure) AddEtcdTls(layout, name, arguments);
  return arguments;
}

std::string VaultNodeConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                                const ServicePorts& ports, const ControlPlan& plan,
                                size_t node) {
  const std::string name = NodeProcess(plan[node].id, kVault);
  YAML::Node config = CommonConfig(layout, settings, ports, name, plan[node].place.host);
  config["data_directory"] = layout.DataDirectory(name);
  config["engine"] = "etcd";
  config["etcd"] = EtcdSection(layout, settings, plan, node);
  config["control"] = ControlSection(layout, plan, node);
  return YamlText(config);
}

}  // namespace understudy::cli
