#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_WRITER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_WRITER_H_

#include "rocksdb/write_batch.h"
#include "services/config_vault/rocksdb_database.h"
#include "services/config_vault/vault_batch.h"

namespace understudy::config_vault {

// Adds the record writes of `batch`, in their order, to `out`.
void EncodeBatch(const RocksdbDatabase& database, const VaultBatch& batch,
                 rocksdb::WriteBatch& out);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_WRITER_H_
