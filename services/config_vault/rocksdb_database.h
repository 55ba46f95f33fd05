#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_DATABASE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_DATABASE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "services/config_vault/rocksdb_vault_store.h"

namespace understudy::config_vault {

// An open database with its two column families; closed when the last who holds it lets go.
class RocksdbDatabase {
 public:
  enum class Mode { kWritable, kReadOnly };

  // Errors are those of OpenRocksdbVaultStore, the schema's left out.
  static absl::StatusOr<std::shared_ptr<const RocksdbDatabase>> Open(const std::string& directory,
                                                                     const RocksdbOptions& options,
                                                                     Mode mode);
  ~RocksdbDatabase();
  RocksdbDatabase(const RocksdbDatabase&) = delete;
  RocksdbDatabase& operator=(const RocksdbDatabase&) = delete;

  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* records() const { return records_; }
  rocksdb::ColumnFamilyHandle* content() const { return content_; }
  bool is_writable() const { return mode_ == Mode::kWritable; }
  // Whether there was no data before.
  bool is_new() const { return is_new_; }

 private:
  RocksdbDatabase(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* records,
                  rocksdb::ColumnFamilyHandle* content, Mode mode, bool is_new);

  const std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* const records_;
  rocksdb::ColumnFamilyHandle* const content_;
  const Mode mode_;
  const bool is_new_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROCKSDB_DATABASE_H_
