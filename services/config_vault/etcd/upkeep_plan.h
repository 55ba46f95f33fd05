#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_UPKEEP_PLAN_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_UPKEEP_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "services/config_vault/etcd/etcd_client.h"

namespace understudy::config_vault::etcd {

struct UpkeepPolicy {
  // Revisions of etcd's history that stay for replicas that are behind.
  int64_t kept_revisions = 10'000;
  // A member's file is defragmented when it has at least so many bytes, and at least this part of
  // them is free.
  int64_t defragment_from_bytes = 32 << 20;
  double defragment_from_free = 0.5;
};

// Up to which revision history is forgotten; nothing while there is little.
std::optional<int64_t> PlanCompaction(const UpkeepPolicy& policy, int64_t revision,
                                      int64_t compacted);

// The one member to be defragmented next: of those whose files are worth it a follower before the
// leader, the emptiest first. Nothing when none is, or when not all members answered: a member that
// is being defragmented answers nothing, and one must not fail while another is away.
std::optional<size_t> PlanDefragmentation(const UpkeepPolicy& policy,
                                          const std::vector<std::optional<MemberStatus>>& members);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_UPKEEP_PLAN_H_
