#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_TABLES_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_TABLES_H_

#include "rocksdb/db.h"

namespace understudy::config_vault {

// An open database and its two column families. Does not own them.
struct RocksdbTables {
  rocksdb::DB* db = nullptr;
  rocksdb::ColumnFamilyHandle* records = nullptr;
  rocksdb::ColumnFamilyHandle* content = nullptr;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_TABLES_H_
