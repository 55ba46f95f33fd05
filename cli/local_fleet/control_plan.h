#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_CONTROL_PLAN_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_CONTROL_PLAN_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/local_fleet/service_config_text.h"
#include "cli/local_fleet/site_layout.h"
#include "common/control_nodes/control_node.h"

// A local site of several control nodes: each must know where all are before any has started, so
// that their ports are chosen beforehand.
namespace understudy::cli {

// Kinds of a control node's processes, in the order in which they start.
inline constexpr char kEtcd[] = "etcd";

// Where a process runs when it is not simply here: a network namespace, in tests.
struct Place {
  // Its address there.
  std::string host = "127.0.0.1";
  // Words before a process's own command line: {"ip", "netns", "exec", "node-1"}.
  std::vector<std::string> launcher = {};
};

// One control node; no port is 0.
struct ControlNodePlan {
  // "control-1".
  std::string id;
  Place place = {};
  ServicePorts vault;
  ServicePorts membership;
  ServicePorts orchestrator;
  int etcd_client = 0;
  int etcd_peer = 0;
  // Between control nodes, UDP.
  int root_beats = 0;

  ControlNode Addresses() const;
};

using ControlPlan = std::vector<ControlNodePlan>;

// "control-1-config-vault", "control-1-etcd": how a process of a control node is called.
std::string NodeProcess(std::string_view node, std::string_view service);
// What such a name's service is: "config-vault", "etcd", ...; that of a lone control node is its
// own. Empty for a process that is of no control node.
std::string ControlServiceOf(std::string_view process);

// Ports that are free now, below those that the system gives to connections. `usual`: the design's
// for the first node, and a hundred more for each further one, where they are free. UNAVAILABLE
// when not enough can be found.
// `places`: one for each node; none: all are on 127.0.0.1.
absl::StatusOr<ControlPlan> PlanControlNodes(size_t count, bool usual,
                                             const std::vector<Place>& places = {});

// For the file that keeps a plan: etcd's members find each other where they were the last time.
std::string FormatPlan(const ControlPlan& plan);
absl::StatusOr<ControlPlan> ParsePlan(std::string_view text, const std::string& file);
// The plan of an earlier start, as far as its ports are free: FAILED_PRECONDITION PORTS_TAKEN names
// the first that is not.
absl::Status CheckPlanIsFree(const ControlPlan& plan);

// The command line of a node's etcd member.
std::vector<std::string> EtcdArguments(const SiteLayout& layout, const ServiceSettings& settings,
                                       const ControlPlan& plan, size_t node);
// config-vault's configuration on a node. `ports`: its own.
std::string VaultNodeConfigText(const SiteLayout& layout, const ServiceSettings& settings,
                                const ServicePorts& ports, const ControlPlan& plan, size_t node);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_CONTROL_PLAN_H_
