#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROLE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROLE_H_

#include <string>

#include "absl/time/time.h"
#include "services/config_vault/registry_records.h"

namespace understudy::config_vault {

// Where a control node's three services are reached, each host:port; empty where it is not known.
struct NodeAddresses {
  std::string vault = {};
  std::string membership = {};
  std::string orchestrator = {};

  bool operator==(const NodeAddresses&) const = default;
};

enum class Role { kRoot, kSentinel };

// What this control node is, and who is root as far as it knows.
struct RoleState {
  Role role = Role::kSentinel;
  // Of the newest root claim that this node knows; 0 when it knows of none.
  Epoch epoch = 0;
  // Whose claim that is: the node's id and addresses. Empty when `epoch` is 0.
  std::string root = {};
  NodeAddresses root_addresses = {};
  // How long this node's membership and orchestrator may go on as root without a word of this
  // vault: others may take over meanwhile. Endless where there are no others.
  absl::Duration act_alone_for = absl::InfiniteDuration();

  bool operator==(const RoleState&) const = default;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROLE_H_
