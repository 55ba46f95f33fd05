#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SEEDER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SEEDER_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/site_keys.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault::etcd {

struct SeedResult {
  // What the new etcd holds now.
  Counters counters = {};
  uint64_t documents = 0;
  // Every epoch from now on is higher.
  Epoch epoch_base = 0;
};

// Builds a site's keys in an etcd that has none, from a replica's store: all that is current, and
// whose replica it was (the key `seed`), by which other replicas find out whether they may go on.
// The keys become a site's with the last transaction; a seeding that was broken off is begun anew.
// `known_epoch` is the highest epoch that the caller has heard of. Blocks.
//   FAILED_PRECONDITION NOT_EMPTY: etcd holds the site's data already
//   FAILED_PRECONDITION NO_DATA: the store is empty, or was being filled
//   and those of EtcdClient and of the store
absl::StatusOr<SeedResult> SeedEtcd(EtcdClient& client, const SiteKeys& keys,
                                    const VaultReader& reader, Epoch known_epoch);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SEEDER_H_
