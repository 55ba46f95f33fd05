#include "services/config_vault/not_root.h"

#include "absl/strings/str_cat.h"
#include "common/control_nodes/root_redirect.h"

namespace understudy::config_vault {

absl::Status NotRoot(const RoleState& role) {
  const NodeAddresses& addresses = role.root_addresses;
  return MakeNotRootError(role.root.empty()
                              ? "this control node is a sentinel, and no root is known"
                              : absl::StrCat("this control node is a sentinel; the root is ",
                                             role.root, ", at ", addresses.vault),
                          {.epoch = role.epoch,
                           .node_id = role.root,
                           .addresses = {.vault = addresses.vault,
                                         .membership = addresses.membership,
                                         .orchestrator = addresses.orchestrator}});
}

}  // namespace understudy::config_vault
