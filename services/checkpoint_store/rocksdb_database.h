#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ROCKSDB_DATABASE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ROCKSDB_DATABASE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "services/checkpoint_store/rocksdb_checkpoint_store.h"

namespace understudy::checkpoint_store {

// An open database with its two column families; closed when the last who holds it lets go.
class RocksdbDatabase {
 public:
  // Errors are those of OpenRocksdbCheckpointStore, schema and key left out.
  static absl::StatusOr<std::shared_ptr<const RocksdbDatabase>> Open(const std::string& directory,
                                                                     const RocksdbOptions& options);
  ~RocksdbDatabase();
  RocksdbDatabase(const RocksdbDatabase&) = delete;
  RocksdbDatabase& operator=(const RocksdbDatabase&) = delete;

  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* records() const { return records_; }
  rocksdb::ColumnFamilyHandle* content() const { return content_; }
  // Whether there was no data before.
  bool is_new() const { return is_new_; }

 private:
  RocksdbDatabase(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* records,
                  rocksdb::ColumnFamilyHandle* content, bool is_new)
      : db_(db), records_(records), content_(content), is_new_(is_new) {}

  const std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* const records_;
  rocksdb::ColumnFamilyHandle* const content_;
  const bool is_new_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_ROCKSDB_DATABASE_H_
