#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_VAULT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_VAULT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/config_vault/change_feed.h"
#include "services/config_vault/engine.h"
#include "services/config_vault/etcd/etcd_engine.h"
#include "services/config_vault/etcd/grpc_etcd_client.h"
#include "services/config_vault/etcd/upkeep.h"
#include "services/config_vault/read_barrier.h"
#include "services/config_vault/read_lease.h"
#include "services/config_vault/reign.h"
#include "services/config_vault/restore/restorer.h"
#include "services/config_vault/role_feed.h"
#include "services/config_vault/root_key.h"
#include "services/config_vault/vault_store.h"

namespace understudy::config_vault::etcd {

struct EtcdVaultOptions {
  EtcdOptions client = {};
  ReplicaOptions replica = {};
  EtcdEngineOptions engine = {};
  Upkeep::Options upkeep = {};
};

// What the vault wants to know. Called on threads of the parts; must not block.
class EtcdVaultObserver {
 public:
  virtual ~EtcdVaultObserver() = default;
  // A transaction was done.
  virtual void OnOrdered(size_t commands, absl::Duration took) = 0;
  // A batch, own or not, or a snapshot is in the store.
  virtual void OnApplied(const Counters& counters) = 0;
  // The store's disk began to refuse writes (an error), or takes them again (OK).
  virtual void OnDiskState(const absl::Status& state) = 0;
};

// Everything that a vault on etcd has beyond its store: client, replica, engine, root key, reads
// and upkeep, put together. Thread-safe.
class EtcdVault {
 public:
  // What the rest of the vault lends; all of it must outlive the object.
  struct Parts {
    VaultStore& store;
    ChangeFeed& feed;
    RoleFeed& role;
    const Clock& clock;
    metrics::Registry& metrics;
    EtcdVaultObserver& observer;
    // May be null.
    SnapshotSource* source = nullptr;
  };
  // Begins to follow. etcd need not be there yet: reads that may be stale are answered meanwhile.
  static absl::StatusOr<std::unique_ptr<EtcdVault>> Start(const EtcdVaultOptions& options,
                                                          const Parts& parts);
  virtual ~EtcdVault() = default;

  virtual Engine& engine() = 0;
  virtual Reign& reign() = 0;
  virtual RootKey& root_key() = 0;
  virtual ReadBarrier& reads() = 0;
  // Renewed by the root claim, where there is one.
  virtual ReadLease& read_lease() = 0;
  virtual Restorer& restorer() = 0;
  virtual Replica& replica() = 0;
  virtual EtcdClient& client() = 0;

  // Refuses what waits and comes later, and ends all threads. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_VAULT_H_
