#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_WRITER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_WRITER_H_

#include "rocksdb/write_batch.h"
#include "services/config_vault/rocksdb_database.h"
#include "services/config_vault/vault_batch.h"

namespace understudy::config_vault {

// Adds the record writes of `batch`, in their order, to `out`.
void EncodeBatch(const RocksdbDatabase& database, const VaultBatch& batch,
                 rocksdb::WriteBatch& out);
// Adds a replica's position.
void EncodePosition(const RocksdbDatabase& database, const ReplicaPosition& position,
                    rocksdb::WriteBatch& out);
// Adds the removal of all records, the schema and the epoch left out.
void EncodeClear(const RocksdbDatabase& database, rocksdb::WriteBatch& out);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_WRITER_H_
