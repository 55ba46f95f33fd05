#include "services/config_vault/rocksdb_database.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rocksdb/rocksdb_status.h"
#include "common/status/status.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/options.h"
#include "rocksdb/table.h"

namespace understudy::config_vault {
namespace {

constexpr char kContentFamily[] = "content";
// Contents from this size on are kept out of the sorted tables, so that compaction on slow flash
// does not rewrite them.
constexpr uint64_t kMinBlobBytes = 1024;

rocksdb::DBOptions MakeDbOptions() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // A torn end of the log is a write that was never acknowledged. Anything else that is damaged
  // stops the start: the default would go on with what came before it, and lose the rest.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.max_open_files = 256;
  options.max_total_wal_size = 64 << 20;
  options.info_log = MakeRocksdbLogger();
  options.stats_dump_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions MakeRecordOptions(const RocksdbOptions& from) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = from.cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = from.write_buffer_bytes;
  options.compression = rocksdb::kLZ4Compression;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// Content is compressed already.
rocksdb::ColumnFamilyOptions MakeContentOptions(const RocksdbOptions& from) {
  rocksdb::ColumnFamilyOptions options = MakeRecordOptions(from);
  options.compression = rocksdb::kNoCompression;
  options.enable_blob_files = true;
  options.min_blob_size = kMinBlobBytes;
  options.enable_blob_garbage_collection = true;
  return options;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const RocksdbDatabase>> RocksdbDatabase::Open(
    const std::string& directory, const RocksdbOptions& options, Mode mode) {
  const rocksdb::DBOptions db_options = MakeDbOptions();
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = {
      {rocksdb::kDefaultColumnFamilyName, MakeRecordOptions(options)},
      {kContentFamily, MakeContentOptions(options)}};
  // Where this fails, opening says why.
  (void)db_options.env->CreateDirIfMissing(directory);
  // CURRENT is the last file that a new database gets.
  const bool is_new = db_options.env->FileExists(directory + "/CURRENT").IsNotFound();
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      mode == Mode::kWritable
          ? rocksdb::DB::Open(db_options, directory, descriptors, &families, &db)
          : rocksdb::DB::OpenForReadOnly(db_options, directory, descriptors, &families, &db);
  if (!opened.ok()) return FromRocksdbOpen(opened, "opening the vault's data", directory);
  return std::shared_ptr<const RocksdbDatabase>(
      new RocksdbDatabase(db, families[0], families[1], mode, is_new));
}

RocksdbDatabase::RocksdbDatabase(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* records,
                                 rocksdb::ColumnFamilyHandle* content, Mode mode, bool is_new)
    : db_(db), records_(records), content_(content), mode_(mode), is_new_(is_new) {}

RocksdbDatabase::~RocksdbDatabase() {
  (void)db_->DestroyColumnFamilyHandle(content_);
  (void)db_->DestroyColumnFamilyHandle(records_);
  (void)db_->Close();
}

}  // namespace understudy::config_vault
