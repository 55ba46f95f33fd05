#include "services/checkpoint_store/rocksdb_database.h"

#include <vector>

#include "common/rocksdb/rocksdb_status.h"
#include "rocksdb/cache.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/memtablerep.h"
#include "rocksdb/options.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"

namespace understudy::checkpoint_store {
namespace {

constexpr char kContentFamily[] = "content";
// Contents from this size on are kept out of the sorted tables, so that compaction does not rewrite
// them.
constexpr uint64_t kMinBlobBytes = 1024;
constexpr uint64_t kMaxLogBytes = 256 << 20;
// No key is longer.
constexpr size_t kMaxKeyBytes = 16;
// About as many as there are entries in a full write buffer of small checkpoints.
constexpr size_t kBuckets = 1 << 14;

rocksdb::DBOptions MakeDbOptions() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // A torn end of the log is a write that was never acknowledged. Anything else that is damaged
  // stops the start: the default would go on with what came before it, and lose the rest.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.max_open_files = 256;
  // One thread writes.
  options.allow_concurrent_memtable_write = false;
  options.max_total_wal_size = kMaxLogBytes;
  options.info_log = MakeRocksdbLogger();
  options.stats_dump_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions MakeRecordOptions(const RocksdbOptions& from,
                                               const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions options;
  // Records are read by their whole key, never in order but at the start: a hash table in place of
  // the sorted list saves most of the comparisons of each write and read.
  options.prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(kMaxKeyBytes));
  options.memtable_factory.reset(rocksdb::NewHashLinkListRepFactory(
      kBuckets, /*huge_page_tlb_size=*/0, /*bucket_entries_logging_threshold=*/0,
      /*if_log_bucket_dist_when_flash=*/false));
  options.write_buffer_size = from.write_buffer_bytes;
  options.compression = rocksdb::kLZ4Compression;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// Content may be encrypted by the device, and lives for a few cycles: not worth compressing.
rocksdb::ColumnFamilyOptions MakeContentOptions(const RocksdbOptions& from,
                                                const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options = MakeRecordOptions(from, cache);
  options.compression = rocksdb::kNoCompression;
  options.enable_blob_files = true;
  options.min_blob_size = kMinBlobBytes;
  options.enable_blob_garbage_collection = true;
  return options;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const RocksdbDatabase>> RocksdbDatabase::Open(
    const std::string& directory, const RocksdbOptions& options) {
  const rocksdb::DBOptions db_options = MakeDbOptions();
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.cache_bytes);
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = {
      {rocksdb::kDefaultColumnFamilyName, MakeRecordOptions(options, cache)},
      {kContentFamily, MakeContentOptions(options, cache)}};
  // Where this fails, opening says why.
  (void)db_options.env->CreateDirIfMissing(directory);
  // CURRENT is the last file that a new database gets.
  const bool is_new = db_options.env->FileExists(directory + "/CURRENT").IsNotFound();
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(db_options, directory, descriptors, &families, &db);
  if (!opened.ok()) return FromRocksdbOpen(opened, "opening the checkpoints", directory);
  return std::shared_ptr<const RocksdbDatabase>(
      new RocksdbDatabase(db, families[0], families[1], is_new));
}

RocksdbDatabase::~RocksdbDatabase() {
  (void)db_->DestroyColumnFamilyHandle(content_);
  (void)db_->DestroyColumnFamilyHandle(records_);
  (void)db_->Close();
}

}  // namespace understudy::checkpoint_store
