#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_STORE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_STORE_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/config_vault/vault_batch.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault {

// Where the vault's records lie. It stores what it is told and decides nothing.
//
// Snapshot() may be called from any thread at any time, and snapshots outlive nothing but must be
// gone before the store. The other calls are for one thread at a time. Errors:
//   UNAVAILABLE        DISK_ERROR: reading or writing failed
//   RESOURCE_EXHAUSTED DISK_FULL
//   DATA_LOSS          CORRUPT_RECORD: what was read is not what was written
class VaultStore {
 public:
  virtual ~VaultStore() = default;

  // The state after the latest commit.
  virtual std::unique_ptr<VaultReader> Snapshot() const = 0;
  // As that, for a thread that must not wait for a disk: what is not in memory is UNAVAILABLE
  // NOT_IN_MEMORY. Null where the store cannot tell.
  virtual std::unique_ptr<VaultReader> SnapshotInMemory() const { return nullptr; }

  // Writes the whole batch or nothing. On OK it is on the disk, synced, and in every later
  // snapshot. On an error it is in no snapshot; whether it is on the disk is unknown until the next
  // start.
  virtual absl::Status Commit(const VaultBatch& batch) = 0;

  // Writes the whole batch and the position of a replica, or nothing, without waiting for the disk:
  // a crash of the machine may lose the latest of these writes, but no earlier one with a later one
  // kept, so that the position found afterwards is that of the records. Seen by later snapshots. A
  // position of nothing (`ReplicaPosition{}`) leaves the store without one, as an embedded
  // engine's.
  virtual absl::Status Apply(const VaultBatch& batch, const ReplicaPosition& position) = 0;

  // What was applied is on the disk, synced.
  virtual absl::Status Sync() = 0;

  // Forgets all records, so that a replica can be filled anew: the position says `filling` until an
  // Apply gives another. The epoch stays.
  virtual absl::Status Clear() = 0;

  // Makes the stored epoch (0 at first) 1 more than the higher of itself and `above`, synced, and
  // returns it.
  virtual absl::StatusOr<Epoch> AdvanceEpoch(Epoch above) = 0;

  // After a failed write: tries to write again. OK when the store is as good as new.
  virtual absl::Status Recover() = 0;

  // What the store takes on the disk; 0 when it has none.
  virtual uint64_t DiskBytes() const = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_STORE_H_
