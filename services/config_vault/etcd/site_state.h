#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SITE_STATE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SITE_STATE_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "services/config_vault/etcd/batch_codec.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/site_keys.h"

namespace understudy::config_vault::etcd {

// A site's few keys that are not its records, as they are in etcd at one moment.
struct SiteState {
  Header header = {};
  // What the epoch is more than the revision of `root`: 0 unless etcd was built anew.
  int64_t epoch_base = 0;
  std::optional<KeyValue> root = {};
  // Of the latest batch: its revision, and what it says of itself.
  int64_t batch_revision = 0;
  std::optional<BatchSummary> batch = {};
  // The position of the replica from which this etcd was built, if it was, and the revision at
  // which it had all that this replica held.
  std::optional<ReplicaPosition> seed = {};
  int64_t seed_revision = 0;
  // What is current is not whole: a restore is writing it, or was broken off.
  bool is_restoring = false;
};

// Reads them together, linearizably. Blocks for at most `timeout`.
absl::StatusOr<SiteState> ReadSiteState(EtcdClient& client, const SiteKeys& keys,
                                        absl::Duration timeout);

std::string EncodeEpochBase(int64_t base);
absl::StatusOr<int64_t> DecodeEpochBase(std::string_view value);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SITE_STATE_H_
