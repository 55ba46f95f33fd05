#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SNAPSHOT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SNAPSHOT_H_

#include <cstddef>
#include <functional>

#include "absl/status/status.h"
#include "services/config_vault/vault_batch.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault::etcd {

struct SnapshotOptions {
  // A piece is closed when it has about so much, or so many mutations.
  size_t piece_bytes = 512 << 10;
  size_t piece_mutations = 512;
};

// All records of a vault as one reader sees them, history included, as pieces that make the same
// vault when they are applied in order to an empty store. Each carries the counters that stand at
// the end. The same state gives the same pieces. Ends with the first error, of the reader or of
// `add`. A vault without records is one empty piece.
absl::Status ReadSnapshot(const VaultReader& reader, const SnapshotOptions& options,
                          const std::function<absl::Status(const VaultBatch&)>& add);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SNAPSHOT_H_
