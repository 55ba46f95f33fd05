#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_CONFIG_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_CONFIG_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/config/config_reader.h"
#include "services/config_vault/root_claim_action.h"

namespace understudy::config_vault {

// The section `control`: this vault's place among the site's control nodes. README.md explains each
// key.
struct ControlConfig {
  // There are others, or may be.
  bool several = false;
  // This node's id.
  std::string node = "control-1";
  NodeAddresses advertise;
  std::string beat_listen;
  // Empty in a site of one control node.
  std::string secret_file;
  // The nodes that the first root admits, this one among them.
  std::vector<ControlNode> nodes;
  RootClaimPolicy policy;
};

// Problems are noted in `reader`, which is that of the whole file. With `several`, what a site of
// several control nodes needs is required.
ControlConfig ReadControlConfig(config::ConfigReader& reader, bool several);

// The content of the secret file without the white space at its end. INVALID_ARGUMENT BAD_SECRET
// when it cannot be read, has less than 32 bytes or more than 4 KiB, or when others than its owner
// may read it.
absl::StatusOr<std::string> ReadControlSecret(const std::string& path);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_CONFIG_H_
