#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_CONTEXT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_CONTEXT_H_

#include "common/time/clock.h"
#include "services/config_vault/change_feed.h"
#include "services/config_vault/engine.h"
#include "services/config_vault/household.h"
#include "services/config_vault/read_barrier.h"
#include "services/config_vault/role_feed.h"
#include "services/config_vault/vault_metrics.h"
#include "services/config_vault/vault_store.h"
#include "services/config_vault/worker_pool.h"

namespace understudy::config_vault {

// Of all errors that the vault's services answer with.
inline constexpr char kErrorDomain[] = "config-vault.understudy";

// What both gRPC services work with. All of it must outlive them.
struct VaultContext {
  const Clock& clock;
  const VaultStore& store;
  ReadBarrier& reads;
  Engine& engine;
  RoleFeed& role;
  Household& household;
  ChangeFeed& feed;
  WorkerPool& pool;
  const VaultMetrics& metrics;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_CONTEXT_H_
