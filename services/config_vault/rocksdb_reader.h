#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_READER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_READER_H_

#include <memory>

#include "services/config_vault/rocksdb_tables.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault {

// Reads the database as it is now. `tables` must outlive the reader.
std::unique_ptr<VaultReader> NewRocksdbReader(const RocksdbTables& tables);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_READER_H_
