#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_STATUS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_STATUS_H_

#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace understudy::config_vault {

// The one place where RocksDB's errors become ours, with the reasons of VaultStore. `doing` says
// what failed, e.g. "writing the vault". NotFound is an error here: ask before.
absl::Status FromRocksdb(const rocksdb::Status& status, std::string_view doing);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_STATUS_H_
