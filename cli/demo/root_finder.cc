#include "cli/demo/root_finder.h"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "cli/local_fleet/control_plan.h"

namespace understudy::cli {

const ControlNode& RootFinder::AddressesOf(const std::string& node) const {
  const std::vector<std::string> ids = fleet_.ControlNodeIds();
  const auto place = std::find(ids.begin(), ids.end(), node) - ids.begin();
  return fleet_.site().control_nodes.at(static_cast<size_t>(place));
}

std::optional<config_vault::v1::WatchRoleResponse> RootFinder::RoleOf(const std::string& node) {
  auto role = quick_.Role(AddressesOf(node).vault);
  if (!role.ok()) return std::nullopt;
  return *std::move(role);
}

std::optional<RootFinder::Root> RootFinder::Find() {
  std::optional<Root> root;
  for (const std::string& node : fleet_.ControlNodeIds()) {
    const auto role = RoleOf(node);
    if (!role.has_value() || role->role() != config_vault::v1::ROLE_ROOT) continue;
    if (!root.has_value() || role->epoch() > root->epoch) root = Root{node, role->epoch()};
  }
  return root;
}

std::string RootFinder::EtcdLeader() const {
  // "... raft.node: 8211f1d0f64f3269 elected leader 91bc3c398fb3c146 at term 4" is said by all,
  // "... became leader at term 4" by the leader alone.
  constexpr char kBecame[] = " became leader at term ";
  std::string leader;
  uint64_t newest = 0;
  for (const std::string& node : fleet_.ControlNodeIds()) {
    std::ifstream log(fleet_.layout().LogFile(NodeProcess(node, kEtcd)));
    for (std::string line; std::getline(log, line);) {
      const size_t at = line.find(kBecame);
      if (at == std::string::npos) continue;
      const uint64_t term = strtoull(line.c_str() + at + sizeof(kBecame) - 1, nullptr, 10);
      if (term <= newest) continue;
      newest = term;
      leader = node;
    }
  }
  return leader;
}

}  // namespace understudy::cli
