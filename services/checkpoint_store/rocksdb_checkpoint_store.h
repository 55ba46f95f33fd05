#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ROCKSDB_CHECKPOINT_STORE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ROCKSDB_CHECKPOINT_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/checkpoint_store/checkpoint_store.h"
#include "services/checkpoint_store/rest_cipher.h"

namespace understudy::checkpoint_store {

// The version of doc/storage_format.md that this code writes.
inline constexpr uint32_t kSchemaVersion = 1;

struct RocksdbOptions {
  // Of blocks of the disk.
  size_t cache_bytes = 32 << 20;
  // Of each of the tables in memory before they are written out: up to two for the devices, and two
  // for the content.
  size_t write_buffer_bytes = 32 << 20;
  // Null: nothing is encrypted.
  std::shared_ptr<const RestCipher> cipher = {};
};

// Opens the data in `directory`, making it (not its parents) when it is not there.
//   FAILED_PRECONDITION DATA_IN_USE: another process has it open
//   FAILED_PRECONDITION NEWER_SCHEMA: written by a newer version (metadata: found, supported)
//   FAILED_PRECONDITION NOT_A_CHECKPOINT_STORE: RocksDB data without a schema record
//   FAILED_PRECONDITION WRONG_KEY: encrypted with another key, or not at all, or no key is given
//   and those of CheckpointStore. Data whose synced part is damaged is refused, never cut off.
absl::StatusOr<std::unique_ptr<CheckpointStore>> OpenRocksdbCheckpointStore(
    const std::string& directory, const RocksdbOptions& options);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ROCKSDB_CHECKPOINT_STORE_H_
