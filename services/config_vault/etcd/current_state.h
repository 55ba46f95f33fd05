#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_CURRENT_STATE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_CURRENT_STATE_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/site_keys.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault::etcd {

struct CurrentSummary {
  // That are not deleted.
  uint64_t documents = 0;
  // The highest that any assignment was made under.
  Epoch highest_epoch = 0;
};

// Writes all that is current in a vault's store as keys of etcd, in groups that fit etcd's default
// limits; `commit` makes one group, under whatever conditions. Ends with the first error.
absl::StatusOr<CurrentSummary> WriteCurrent(
    const SiteKeys& keys, const VaultReader& reader,
    const std::function<absl::Status(std::vector<Write>)>& commit);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_CURRENT_STATE_H_
