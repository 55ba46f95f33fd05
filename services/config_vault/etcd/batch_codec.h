#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_BATCH_CODEC_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_BATCH_CODEC_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/site_keys.h"
#include "services/config_vault/vault_batch.h"

// A batch of the vault as one transaction of etcd, and back.
namespace understudy::config_vault::etcd {

// Who wrote a batch, and into which data.
struct BatchOrigin {
  Epoch epoch = 0;
  // Drawn at random for each batch: its proposer knows it again after a lost answer.
  uint64_t proposal = 0;
  // Of the site's data; see ReplicaPosition.
  uint64_t lineage = 0;

  bool operator==(const BatchOrigin&) const = default;
};

struct OrderedBatch {
  BatchOrigin origin = {};
  VaultBatch batch = {};
  // A restore has put other records in the place of all: there is nothing to apply, a replica takes
  // a snapshot that is at least as new.
  bool is_refill = false;
};

// How many of a transaction's writes the mutation needs at most, the batch's own left out.
size_t CountWrites(const Mutation& mutation);

// The batch's own key, and those that hold what is current: each key once.
std::vector<Write> EncodeBatch(const SiteKeys& keys, const BatchOrigin& origin,
                               const VaultBatch& batch);

// The batch's own key, of a restore.
Write EncodeRefill(const SiteKeys& keys, const BatchOrigin& origin, const Counters& counters);

// What the mutation writes of the current state alone.
std::vector<Write> EncodeCurrent(const SiteKeys& keys, const Mutation& mutation);

// All events of one revision; nothing when no batch is among them. DATA_LOSS CORRUPT_RECORD.
absl::StatusOr<std::optional<OrderedBatch>> DecodeBatch(const SiteKeys& keys,
                                                        const RevisionEvents& events);

// Of the batch's key alone, without its mutations.
struct BatchSummary {
  BatchOrigin origin = {};
  Counters counters = {};
};
absl::StatusOr<BatchSummary> DecodeSummary(std::string_view value);

// The record that a key of the current state holds, as the write that makes it anew; nothing for
// other keys. A document comes back with this one revision as its history.
absl::StatusOr<std::optional<Mutation>> DecodeCurrent(const SiteKeys& keys, const KeyValue& value);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_BATCH_CODEC_H_
