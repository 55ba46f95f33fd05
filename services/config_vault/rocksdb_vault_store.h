#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_VAULT_STORE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_VAULT_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/config_vault/vault_store.h"

namespace rocksdb {
class Cache;
}  // namespace rocksdb

namespace understudy::config_vault {

// The version of doc/storage_format.md that this code writes.
inline constexpr uint32_t kSchemaVersion = 1;

struct RocksdbOptions {
  // Of decompressed blocks.
  size_t cache_bytes = 32 << 20;
  // Of each of the two tables in memory before they are written out.
  size_t write_buffer_bytes = 8 << 20;
  // Made with `cache_bytes` unless given.
  std::shared_ptr<rocksdb::Cache> cache = nullptr;
};

// Opens the vault's data in `directory`, making it (not its parents) when it is not there.
//   FAILED_PRECONDITION DATA_IN_USE: another process has it open
//   FAILED_PRECONDITION NEWER_SCHEMA: written by a newer version (metadata: found, supported)
//   FAILED_PRECONDITION NOT_A_VAULT: RocksDB data without a schema record
//   and those of VaultStore. Data whose synced part is damaged is refused, never cut off.
absl::StatusOr<std::unique_ptr<VaultStore>> OpenRocksdbVaultStore(const std::string& directory,
                                                                  RocksdbOptions options);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_VAULT_STORE_H_
