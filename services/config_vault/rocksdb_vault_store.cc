#include "services/config_vault/rocksdb_vault_store.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "rocksdb/db.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/options.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"
#include "services/config_vault/rocksdb_keys.h"
#include "services/config_vault/rocksdb_reader.h"
#include "services/config_vault/rocksdb_status.h"
#include "services/config_vault/rocksdb_tables.h"
#include "services/config_vault/rocksdb_writer.h"
#include "services/config_vault/storage_codec.h"

namespace understudy::config_vault {
namespace {

constexpr std::string_view kOpening = "opening the vault's data";
constexpr std::string_view kWriting = "writing the vault's data";
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
  options.keep_log_file_num = 3;
  options.max_log_file_size = 1 << 20;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions MakeRecordOptions(const RocksdbOptions& from) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(from.cache_bytes);
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

rocksdb::WriteOptions Synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

class RocksdbVaultStore final : public VaultStore {
 public:
  RocksdbVaultStore(std::unique_ptr<rocksdb::DB> db,
                    const std::vector<rocksdb::ColumnFamilyHandle*>& families)
      : db_(std::move(db)), tables_{db_.get(), families[0], families[1]} {}

  ~RocksdbVaultStore() override {
    (void)db_->DestroyColumnFamilyHandle(tables_.content);
    (void)db_->DestroyColumnFamilyHandle(tables_.records);
    (void)db_->Close();
  }

  // Writes the schema of new data, or checks that of old.
  absl::Status CheckSchema(bool is_new);

  std::unique_ptr<VaultReader> Snapshot() const override { return NewRocksdbReader(tables_); }

  absl::Status Commit(const VaultBatch& batch) override {
    rocksdb::WriteBatch encoded;
    EncodeBatch(tables_, batch, encoded);
    return FromRocksdb(db_->Write(Synced(), &encoded), kWriting);
  }

  absl::StatusOr<Epoch> AdvanceEpoch() override;

  absl::Status Recover() override { return FromRocksdb(db_->Resume(), kWriting); }

  uint64_t DiskBytes() const override {
    return Property("rocksdb.total-sst-files-size") + Property("rocksdb.total-blob-file-size") +
           Property("rocksdb.size-all-mem-tables");
  }

 private:
  uint64_t Property(const std::string& name) const {
    uint64_t records = 0;
    uint64_t content = 0;
    (void)db_->GetIntProperty(tables_.records, name, &records);
    (void)db_->GetIntProperty(tables_.content, name, &content);
    return records + content;
  }
  absl::Status Put(std::string_view key, const std::string& value) {
    return FromRocksdb(db_->Put(Synced(), tables_.records, ToSlice(key), value), kWriting);
  }

  std::unique_ptr<rocksdb::DB> db_;
  RocksdbTables tables_;
};

absl::Status RocksdbVaultStore::CheckSchema(bool is_new) {
  if (is_new) return Put(keys::kSchema, storage::EncodeSchema(kSchemaVersion));
  std::string bytes;
  const rocksdb::Status read =
      db_->Get(rocksdb::ReadOptions(), tables_.records, ToSlice(keys::kSchema), &bytes);
  if (read.IsNotFound()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_A_VAULT",
                     "the data directory holds RocksDB data without a vault's schema record");
  }
  UNDERSTUDY_RETURN_IF_ERROR(FromRocksdb(read, kOpening));
  UNDERSTUDY_ASSIGN_OR_RETURN(const uint32_t found, storage::DecodeSchema(bytes));
  if (found <= kSchemaVersion) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "NEWER_SCHEMA",
      absl::StrCat("the data was written under schema version ", found,
                   " by a newer config-vault; this one supports up to ", kSchemaVersion),
      {{"found", absl::StrCat(found)}, {"supported", absl::StrCat(kSchemaVersion)}});
}

absl::StatusOr<Epoch> RocksdbVaultStore::AdvanceEpoch() {
  std::string bytes;
  const rocksdb::Status read =
      db_->Get(rocksdb::ReadOptions(), tables_.records, ToSlice(keys::kEpoch), &bytes);
  Epoch epoch = 0;
  if (!read.IsNotFound()) {
    UNDERSTUDY_RETURN_IF_ERROR(FromRocksdb(read, kOpening));
    UNDERSTUDY_ASSIGN_OR_RETURN(epoch, storage::DecodeEpoch(bytes));
  }
  ++epoch;
  UNDERSTUDY_RETURN_IF_ERROR(Put(keys::kEpoch, storage::EncodeEpoch(epoch)));
  return epoch;
}

// RocksDB tells a held lock only by its words.
absl::Status OpenError(const rocksdb::Status& status, const std::string& directory) {
  const std::string text = status.ToString();
  if (status.IsIOError() && text.find("LOCK") != std::string::npos) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "DATA_IN_USE",
        absl::StrCat("another process has the data in ", directory, " open (", text, ")"),
        {{"directory", directory}});
  }
  return FromRocksdb(status, absl::StrCat("opening the vault's data in ", directory));
}

}  // namespace

absl::StatusOr<std::unique_ptr<VaultStore>> OpenRocksdbVaultStore(const std::string& directory,
                                                                  const RocksdbOptions& options) {
  const rocksdb::DBOptions db_options = MakeDbOptions();
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = {
      {rocksdb::kDefaultColumnFamilyName, MakeRecordOptions(options)},
      {kContentFamily, MakeContentOptions(options)}};
  // CURRENT is the last file that a new database gets.
  const bool is_new = db_options.env->FileExists(directory + "/CURRENT").IsNotFound();
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(db_options, directory, descriptors, &families, &db);
  if (!opened.ok()) return OpenError(opened, directory);
  auto store = std::make_unique<RocksdbVaultStore>(std::unique_ptr<rocksdb::DB>(db), families);
  UNDERSTUDY_RETURN_IF_ERROR(store->CheckSchema(is_new));
  return std::unique_ptr<VaultStore>(std::move(store));
}

}  // namespace understudy::config_vault
