#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICA_START_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICA_START_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "services/config_vault/vault_batch.h"

namespace understudy::config_vault::etcd {

// What a replica finds in its own store, and in etcd.
struct LocalState {
  std::optional<ReplicaPosition> position = {};
  Counters counters = {};
};
struct RemoteState {
  uint64_t cluster_id = 0;
  int64_t epoch_base = 0;
  // etcd's store when it was read.
  int64_t revision = 0;
  // Of the latest batch; nothing when the site has written none.
  std::optional<uint64_t> lineage = {};
  // Of the replica that it was built from, if it was.
  std::optional<ReplicaPosition> seed = {};
};

enum class ReplicaStart {
  // Go on from the position.
  kFollow,
  // What is there is what this etcd was built from: go on from where it was built.
  kAdopt,
  // Forget what is there and take it all from elsewhere.
  kFill,
};

// How a replica begins. What it holds is given up only for data of the same lineage, or where it
// holds none: a wrong endpoint in a configuration must not cost a site its history. Pure.
//   FAILED_PRECONDITION EMBEDDED_DATA: the store was an embedded engine's, and has no counterpart
//   FAILED_PRECONDITION NEWER_DATA: etcd was built from a replica that lacked what this one holds
//   FAILED_PRECONDITION OTHER_DATA: etcd holds another site's data, or has lost this one's
absl::StatusOr<ReplicaStart> ChooseStart(const LocalState& local, const RemoteState& remote);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICA_START_H_
