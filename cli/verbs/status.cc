#include "common/status/status.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/proto_json.h"
#include "cli/output/proto_words.h"
#include "cli/output/table.h"
#include "cli/verbs/duty_table.h"
#include "cli/verbs/verbs.h"

namespace understudy::cli {
namespace {

using membership::v1::Member;

struct ServiceHealth {
  std::string name;
  std::string address;
  // "SERVING", "NOT_SERVING", ... or "NOT_REACHABLE".
  std::string health;
};

struct NodeStatus {
  std::vector<ServiceHealth> services;
  // Nothing: its vault did not say.
  std::optional<config_vault::v1::WatchRoleResponse> role;
};

struct Fleet {
  std::vector<NodeStatus> nodes;
  // Nothing: the site has none.
  std::optional<ServiceHealth> checkpoints;
  membership::v1::ListResponse members;
  failover_orchestrator::v1::GetStatusResponse orchestrator;
};

ServiceHealth AskService(const std::string& name, const std::string& address,
                         ClientFactory& clients) {
  return {name, address, clients.Health(address).value_or("NOT_REACHABLE")};
}

NodeStatus AskNode(const ControlNode& node, ClientFactory& clients) {
  NodeStatus status;
  for (const auto& [name, address] :
       {std::pair("config-vault", node.vault), std::pair("membership", node.membership),
        std::pair("failover-orchestrator", node.orchestrator)}) {
    if (address.empty()) continue;
    status.services.push_back(AskService(name, address, clients));
  }
  const auto role = clients.Role(node.vault);
  if (role.ok()) status.role = *role;
  return status;
}

absl::StatusOr<std::vector<NodeStatus>> AskNodes(Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteAddresses site, context.Site());
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, context.Clients());
  std::vector<NodeStatus> nodes;
  for (const ControlNode& node : site.control_nodes) nodes.push_back(AskNode(node, *clients));
  return nodes;
}

absl::StatusOr<std::optional<ServiceHealth>> AskCheckpoints(Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteAddresses site, context.Site());
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, context.Clients());
  if (site.checkpoints.empty()) return std::nullopt;
  return AskService("checkpoint-store", site.checkpoints, *clients);
}

// "root, epoch 7"; nothing for a vault that did not say.
std::string RoleText(const NodeStatus& node) {
  if (!node.role.has_value()) return "";
  const bool root = node.role->role() == config_vault::v1::ROLE_ROOT;
  return absl::StrCat(root ? "root" : "sentinel", ", epoch ", node.role->epoch());
}

void AddHealth(const ServiceHealth& service, const std::string& role, Table& table) {
  const bool well = service.health == "SERVING";
  table.AddRow({service.name,
                service.address,
                {EnumWord(service.health, ""), well ? Color::kGreen : Color::kRed},
                role});
}

void PrintServices(const Fleet& fleet, Context& context) {
  Table table({"SERVICE", "ADDRESS", "HEALTH", "ROLE"});
  for (const NodeStatus& node : fleet.nodes) {
    for (const ServiceHealth& service : node.services) {
      AddHealth(service, service.name == "config-vault" ? RoleText(node) : "", table);
    }
  }
  if (fleet.checkpoints.has_value()) AddHealth(*fleet.checkpoints, "", table);
  context.out() << table.Render(context.painter()) << "\n";
}

// "7 stations: 6 alive, 1 failed; 4 with a duty, 3 backups".
std::string MembersLine(const membership::v1::ListResponse& list) {
  int alive = 0;
  int failed = 0;
  int backups = 0;
  int with_duty = 0;
  for (const Member& member : list.members()) {
    const bool is_alive = member.state() == Member::STATE_ALIVE;
    alive += is_alive;
    failed += member.state() == Member::STATE_FAILED;
    with_duty += is_alive && !member.duty_id().empty();
    backups += is_alive && member.kind() == type::v1::STATION_KIND_BACKUP &&
               member.duty_id().empty() && member.faults().empty();
  }
  return absl::StrCat(Plural(list.members_size(), "station"), ": ", alive, " alive, ", failed,
                      " failed; ", with_duty, " with a duty, ", Plural(backups, "backup"),
                      " ready\n");
}

absl::Status AskFleet(Context& context, Fleet& fleet) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto membership, context.Membership());
  UNDERSTUDY_ASSIGN_OR_RETURN(fleet.members, membership->List());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto orchestrator, context.Orchestrator());
  UNDERSTUDY_ASSIGN_OR_RETURN(fleet.orchestrator, orchestrator->GetStatus());
  return absl::OkStatus();
}

nlohmann::json JsonNode(const NodeStatus& node) {
  nlohmann::json json;
  for (const ServiceHealth& service : node.services) {
    json["services"][service.name] = {{"address", service.address}, {"health", service.health}};
  }
  if (!node.role.has_value()) return json;
  json["role"] = config_vault::v1::Role_Name(node.role->role());
  // As the services' messages have it: a number of 64 bits is text.
  json["epoch"] = absl::StrCat(node.role->epoch());
  return json;
}

void PrintJsonFleet(const Fleet& fleet, Context& context) {
  nlohmann::json json;
  for (const NodeStatus& node : fleet.nodes) json["control_nodes"].push_back(JsonNode(node));
  if (fleet.checkpoints.has_value()) {
    json["checkpoint_store"] = {{"address", fleet.checkpoints->address},
                                {"health", fleet.checkpoints->health}};
  }
  json["membership"] = nlohmann::json::parse(ProtoJson(fleet.members));
  json["orchestrator"] = nlohmann::json::parse(ProtoJson(fleet.orchestrator));
  context.out() << json.dump(2) << "\n";
}

absl::Status CheckService(const ServiceHealth& service) {
  if (service.health == "SERVING") return absl::OkStatus();
  return MakeError(absl::StatusCode::kInternal, "NOT_HEALTHY",
                   absl::StrCat(service.name, " at ", service.address,
                                " is not well: ", EnumWord(service.health, "")));
}

absl::Status CheckFleet(const Fleet& fleet) {
  for (const NodeStatus& node : fleet.nodes) {
    for (const ServiceHealth& service : node.services) {
      UNDERSTUDY_RETURN_IF_ERROR(CheckService(service));
    }
  }
  if (fleet.checkpoints.has_value()) {
    UNDERSTUDY_RETURN_IF_ERROR(CheckService(*fleet.checkpoints));
  }
  if (fleet.orchestrator.warnings().empty()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInternal, "WARNINGS",
                   absl::StrCat("there are ", fleet.orchestrator.warnings_size(),
                                " warnings, the first: ", fleet.orchestrator.warnings(0)));
}

absl::Status Status(bool check, Context& context) {
  Fleet fleet;
  UNDERSTUDY_ASSIGN_OR_RETURN(fleet.nodes, AskNodes(context));
  UNDERSTUDY_ASSIGN_OR_RETURN(fleet.checkpoints, AskCheckpoints(context));
  if (!context.json()) PrintServices(fleet, context);
  UNDERSTUDY_RETURN_IF_ERROR(AskFleet(context, fleet));
  if (context.json()) {
    PrintJsonFleet(fleet, context);
  } else {
    context.out() << MembersLine(fleet.members) << "\n"
                  << DutyTable(fleet.orchestrator).Render(context.painter());
    PrintWarnings(fleet.orchestrator, context);
  }
  return check ? CheckFleet(fleet) : absl::OkStatus();
}

}  // namespace

void AddStatus(Verb& root) {
  Verb status = root.Add("status", "How the site is: services, stations, duties, warnings",
                         "understudy status\n"
                         "understudy status --check && echo all is well");
  auto check = std::make_shared<bool>(false);
  status.Flag(*check, "--check", "exit with 1 when a service is not well or there are warnings");
  status.OnRun([check](Context& context) { return Status(*check, context); });
}

}  // namespace understudy::cli
