#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_NOT_ROOT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_NOT_ROOT_H_

#include "absl/status/status.h"
#include "services/config_vault/role.h"

namespace understudy::config_vault {

// UNAVAILABLE NOT_ROOT with what is known of the root, for a command that this node may not decide.
absl::Status NotRoot(const RoleState& role);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_NOT_ROOT_H_
