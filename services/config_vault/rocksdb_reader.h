#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_READER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_READER_H_

#include <memory>

#include "services/config_vault/rocksdb_database.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault {

enum class ReadFrom {
  kDisk,
  // What is not in memory is UNAVAILABLE NOT_IN_MEMORY.
  kMemory,
};

// Reads the database as it is now, and keeps it open. Where it is null, reads are DISK_ERROR.
std::unique_ptr<VaultReader> NewRocksdbReader(std::shared_ptr<const RocksdbDatabase> database,
                                              ReadFrom from);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_READER_H_
