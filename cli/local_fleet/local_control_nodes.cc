// The part of LocalFleet that is about several control nodes.

#include <signal.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/control_plan.h"
#include "cli/local_fleet/local_fleet.h"
#include "cli/local_fleet/pki.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr size_t kMostControlNodes = 5;
// Until a member listens to clients.
constexpr absl::Duration kEtcdListens = absl::Seconds(30);

const ServicePorts& PortsOfService(const ControlNodePlan& node, const std::string& service) {
  if (service == kVault) return node.vault;
  return service == kMembership ? node.membership : node.orchestrator;
}

const std::string& ProgramOf(const Binaries& binaries, const std::string& service) {
  if (service == kVault) return binaries.vault;
  return service == kMembership ? binaries.membership : binaries.orchestrator;
}

}  // namespace

absl::Status LocalFleet::StartControlNodes(size_t count) {
  if (count < 2 || count > kMostControlNodes) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_COUNT",
                     absl::StrCat("expected 2 to ", kMostControlNodes, " control nodes, found ",
                                  count));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(options_.binaries.etcd, FindEtcd());
  UNDERSTUDY_ASSIGN_OR_RETURN(const ControlPlan plan, MakePlan(count));
  UNDERSTUDY_RETURN_IF_ERROR(PrepareNodes(plan));
  UNDERSTUDY_RETURN_IF_ERROR(StartEtcdMembers(plan));
  for (const char* service : {kVault, kMembership, kOrchestrator}) {
    UNDERSTUDY_RETURN_IF_ERROR(StartNodeServices(plan, service));
  }
  return Save();
}

// The earlier one where there is one: the data on disk belongs to its nodes.
absl::StatusOr<ControlPlan> LocalFleet::MakePlan(size_t count) const {
  const std::string file = layout_.ControlPlanFile();
  if (const absl::StatusOr<std::string> text = ReadFile(file); text.ok()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(ControlPlan earlier, ParsePlan(*text, file));
    if (earlier.size() != count) return OtherSite(count);
    UNDERSTUDY_RETURN_IF_ERROR(CheckPlanIsFree(earlier));
    return earlier;
  }
  if (std::filesystem::exists(layout_.DataDirectory(kVault))) return OtherSite(count);
  UNDERSTUDY_ASSIGN_OR_RETURN(
      ControlPlan plan, PlanControlNodes(count, options_.usual_ports, options_.places));
  UNDERSTUDY_RETURN_IF_ERROR(WriteFile(file, FormatPlan(plan)));
  return plan;
}

absl::Status LocalFleet::OtherSite(size_t wanted) const {
  return MakeError(absl::StatusCode::kFailedPrecondition, "OTHER_SITE",
                   absl::StrCat(layout_.directory(), " has the data of a site that has not ",
                                wanted,
                                wanted == 1 ? " control node" : " control nodes"));
}

absl::Status LocalFleet::PrepareNodes(const ControlPlan& plan) {
  site_.control_nodes.clear();
  for (const ControlNodePlan& node : plan) site_.control_nodes.push_back(node.Addresses());
  UNDERSTUDY_RETURN_IF_ERROR(Pki(layout_).CreateSecret(layout_.ControlSecretFile()));
  if (options_.settings.insecure) return absl::OkStatus();
  Step("certificates of the control nodes");
  for (const ControlNodePlan& node : plan) {
    for (const char* service : {kEtcd, kVault, kMembership, kOrchestrator}) {
      UNDERSTUDY_RETURN_IF_ERROR(
          Pki(layout_).Issue(NodeProcess(node.id, service), service, node.place.host));
    }
  }
  return absl::OkStatus();
}

// All of them before any is waited for: a member alone has no leader.
absl::Status LocalFleet::StartEtcdMembers(const ControlPlan& plan) {
  for (size_t i = 0; i < plan.size(); ++i) {
    const std::string name = NodeProcess(plan[i].id, kEtcd);
    Step(name);
    UNDERSTUDY_RETURN_IF_ERROR(
        Launch(name, At(plan[i].place, {.program = options_.binaries.etcd,
                                        .arguments = EtcdArguments(layout_, options_.settings,
                                                                   plan, i)})));
  }
  for (const ControlNodePlan& node : plan) {
    const std::string name = NodeProcess(node.id, kEtcd);
    const ProcessId process = processes_[name].id;
    const bool settled = WaitFor(kEtcdListens, [&] {
      return !IsRunning(process) || Listens(node.place.host, node.etcd_client);
    });
    if (!settled || !IsRunning(process)) return EndedEarly(name);
  }
  return absl::OkStatus();
}

absl::Status LocalFleet::StartNodeServices(const ControlPlan& plan, const std::string& service) {
  for (size_t i = 0; i < plan.size(); ++i) {
    const std::string name = NodeProcess(plan[i].id, service);
    Step(name);
    UNDERSTUDY_RETURN_IF_ERROR(LaunchService(name, ProgramOf(options_.binaries, service),
                                             PortsOfService(plan[i], service),
                                             NodeConfig(plan, i, service), plan[i].place));
  }
  for (const ControlNodePlan& node : plan) {
    UNDERSTUDY_RETURN_IF_ERROR(AwaitPorts(NodeProcess(node.id, service)).status());
  }
  return absl::OkStatus();
}

LocalFleet::ConfigText LocalFleet::NodeConfig(const ControlPlan& plan, size_t index,
                                              const std::string& service) const {
  const std::string name = NodeProcess(plan[index].id, service);
  return [layout = layout_, settings = options_.settings, plan, index, service,
          name](const ServicePorts& ports) {
    const ControlNode beside = plan[index].Addresses();
    const std::string& host = plan[index].place.host;
    if (service == kVault) return VaultNodeConfigText(layout, settings, ports, plan, index);
    if (service == kMembership) {
      return MembershipConfigText(layout, settings, ports, beside, name, host);
    }
    return OrchestratorConfigText(layout, settings, ports, beside, name, host);
  };
}

std::vector<std::string> LocalFleet::ControlNodeIds() const {
  std::vector<std::string> ids;
  for (size_t i = 0; i < site_.control_nodes.size(); ++i) {
    const std::string id = absl::StrCat("control-", i + 1);
    if (processes_.contains(NodeProcess(id, kEtcd))) ids.push_back(id);
  }
  return ids;
}

absl::Status LocalFleet::SignalNode(const std::string& node, int signal) {
  for (const char* service : {kEtcd, kVault, kMembership, kOrchestrator}) {
    UNDERSTUDY_RETURN_IF_ERROR(Signal(NodeProcess(node, service), signal));
  }
  return absl::OkStatus();
}

absl::Status LocalFleet::KillNode(const std::string& node) {
  UNDERSTUDY_RETURN_IF_ERROR(SignalNode(node, SIGKILL));
  for (const char* service : {kEtcd, kVault, kMembership, kOrchestrator}) {
    const std::string name = NodeProcess(node, service);
    if (!WaitUntilGone(processes_[name].id, absl::Seconds(10))) {
      return absl::InternalError(name + " outlived SIGKILL");
    }
  }
  return absl::OkStatus();
}

absl::Status LocalFleet::RestartNode(const std::string& node) {
  for (const char* service : {kEtcd, kVault, kMembership, kOrchestrator}) {
    const std::string name = NodeProcess(node, service);
    const auto process = processes_.find(name);
    if (process == processes_.end()) return absl::NotFoundError("no process is called " + name);
    if (IsRunning(process->second.id)) continue;
    UNDERSTUDY_RETURN_IF_ERROR(Restart(name));
  }
  return absl::OkStatus();
}

}  // namespace understudy::cli
