#ifndef UNDERSTUDY_CLI_DEMO_ROOT_FINDER_H_
#define UNDERSTUDY_CLI_DEMO_ROOT_FINDER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "cli/clients/clients.h"
#include "cli/local_fleet/local_fleet.h"

namespace understudy::cli {

// Who is root of a local fleet of several control nodes, in the vaults' own words. Not thread-safe.
class RootFinder {
 public:
  struct Root {
    std::string node;
    uint64_t epoch = 0;
  };

  // Both must outlive the finder. `quick` makes clients that give up soon: frozen nodes are asked,
  // too.
  RootFinder(LocalFleet& fleet, ClientFactory& quick) : fleet_(fleet), quick_(quick) {}

  // Of several that say so, one was deposed and has not noticed: the newest epoch counts.
  std::optional<Root> Find();
  // Nothing: the node's vault did not say.
  std::optional<config_vault::v1::WatchRoleResponse> RoleOf(const std::string& node);
  const ControlNode& AddressesOf(const std::string& node) const;
  // The node whose etcd member leads, by the members' own logs; empty when that is not known.
  std::string EtcdLeader() const;

 private:
  LocalFleet& fleet_;
  ClientFactory& quick_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_DEMO_ROOT_FINDER_H_
