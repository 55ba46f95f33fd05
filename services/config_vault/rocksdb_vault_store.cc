#include "services/config_vault/rocksdb_vault_store.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/rocksdb/rocksdb_status.h"
#include "common/status/status.h"
#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/write_batch.h"
#include "services/config_vault/rocksdb_database.h"
#include "services/config_vault/rocksdb_keys.h"
#include "services/config_vault/rocksdb_reader.h"
#include "services/config_vault/rocksdb_writer.h"
#include "services/config_vault/storage_codec.h"

namespace understudy::config_vault {
namespace {

constexpr std::string_view kOpening = "opening the vault's data";
constexpr std::string_view kWriting = "writing the vault's data";
// A database that writes is opened again when there is room for so many write buffers: opening
// writes out what the log holds.
constexpr uint64_t kRoomInBuffers = 3;

rocksdb::WriteOptions Synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

// Whether the directory takes new files, and has `room` bytes.
absl::Status ProbeDisk(const std::string& directory, uint64_t room) {
  rocksdb::Env* const env = rocksdb::Env::Default();
  const std::string path = directory + "/probe.tmp";
  const rocksdb::Status written =
      rocksdb::WriteStringToFile(env, std::string(4096, '\0'), path, /*should_sync=*/true);
  (void)env->DeleteFile(path);
  UNDERSTUDY_RETURN_IF_ERROR(FromRocksdb(written, kWriting));
  uint64_t free = 0;
  if (!env->GetFreeSpace(directory, &free).ok() || free >= room) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, "DISK_FULL",
                   absl::StrCat(directory, " has ", free, " bytes left, expected ", room));
}

class RocksdbVaultStore final : public VaultStore {
 public:
  RocksdbVaultStore(std::string directory, RocksdbOptions options,
                    std::shared_ptr<const RocksdbDatabase> database)
      : directory_(std::move(directory)),
        options_(std::move(options)),
        database_(std::move(database)) {}

  // Writes the schema of new data, or checks that of old.
  absl::Status CheckSchema();

  std::unique_ptr<VaultReader> Snapshot() const override {
    return NewRocksdbReader(database(), ReadFrom::kDisk);
  }
  std::unique_ptr<VaultReader> SnapshotInMemory() const override {
    return NewRocksdbReader(database(), ReadFrom::kMemory);
  }

  absl::Status Commit(const VaultBatch& batch) override {
    const auto open = database();
    if (open == nullptr) return NotOpen();
    rocksdb::WriteBatch encoded;
    EncodeBatch(*open, batch, encoded);
    return FromRocksdb(open->db().Write(Synced(), &encoded), kWriting);
  }

  absl::Status Apply(const VaultBatch& batch, const ReplicaPosition& position) override {
    const auto open = database();
    if (open == nullptr) return NotOpen();
    rocksdb::WriteBatch encoded;
    EncodeBatch(*open, batch, encoded);
    EncodePosition(*open, position, encoded);
    return FromRocksdb(open->db().Write(rocksdb::WriteOptions(), &encoded), kWriting);
  }

  absl::Status Sync() override {
    const auto open = database();
    return open == nullptr ? NotOpen() : FromRocksdb(open->db().SyncWAL(), kWriting);
  }

  absl::Status Clear() override {
    const auto open = database();
    if (open == nullptr) return NotOpen();
    rocksdb::WriteBatch encoded;
    EncodeClear(*open, encoded);
    EncodePosition(*open, {.filling = true}, encoded);
    return FromRocksdb(open->db().Write(Synced(), &encoded), kWriting);
  }

  absl::StatusOr<Epoch> AdvanceEpoch(Epoch above) override;
  absl::Status Recover() override;

  uint64_t DiskBytes() const override {
    return Property("rocksdb.total-sst-files-size") + Property("rocksdb.total-blob-file-size");
  }

 private:
  std::shared_ptr<const RocksdbDatabase> database() const {
    absl::MutexLock lock(&mutex_);
    return database_;
  }
  static absl::Status NotOpen() {
    return MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR",
                     "the vault's data could not be opened again");
  }
  absl::Status Reopen() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t Property(const std::string& name) const;
  absl::Status Put(std::string_view key, const std::string& value) {
    const auto open = database();
    return FromRocksdb(open->db().Put(Synced(), open->records(), ToSlice(key), value), kWriting);
  }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const;

  const std::string directory_;
  const RocksdbOptions options_;
  mutable absl::Mutex mutex_;
  // Null when it could not be opened again at all.
  std::shared_ptr<const RocksdbDatabase> database_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::optional<std::string>> RocksdbVaultStore::Get(std::string_view key) const {
  const auto open = database();
  std::string bytes;
  const rocksdb::Status status =
      open->db().Get(rocksdb::ReadOptions(), open->records(), ToSlice(key), &bytes);
  if (status.IsNotFound()) return std::optional<std::string>();
  UNDERSTUDY_RETURN_IF_ERROR(FromRocksdb(status, kOpening));
  return std::make_optional(std::move(bytes));
}

absl::Status RocksdbVaultStore::CheckSchema() {
  if (database()->is_new()) return Put(keys::kSchema, storage::EncodeSchema(kSchemaVersion));
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, Get(keys::kSchema));
  if (!bytes.has_value()) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "NOT_A_VAULT",
        absl::StrCat(directory_, " holds RocksDB data without a vault's schema record"));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const uint32_t found, storage::DecodeSchema(*bytes));
  if (found <= kSchemaVersion) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "NEWER_SCHEMA",
      absl::StrCat("the data in ", directory_, " was written under schema version ", found,
                   " by a newer config-vault; this one supports up to ", kSchemaVersion),
      {{"found", absl::StrCat(found)}, {"supported", absl::StrCat(kSchemaVersion)}});
}

absl::StatusOr<Epoch> RocksdbVaultStore::AdvanceEpoch(Epoch above) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, Get(keys::kEpoch));
  Epoch epoch = 0;
  if (bytes.has_value()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(epoch, storage::DecodeEpoch(*bytes));
  }
  epoch = std::max(epoch, above) + 1;
  UNDERSTUDY_RETURN_IF_ERROR(Put(keys::kEpoch, storage::EncodeEpoch(epoch)));
  return epoch;
}

// A full disk is forgiven by RocksDB itself once there is room. After other errors of the log it
// must be opened again; what the log holds then is stored for good or was never acknowledged.
absl::Status RocksdbVaultStore::Recover() {
  absl::MutexLock lock(&mutex_);
  const bool was_writable = database_ != nullptr && database_->is_writable();
  if (was_writable && database_->db().Resume().ok()) return absl::OkStatus();
  UNDERSTUDY_RETURN_IF_ERROR(ProbeDisk(directory_, kRoomInBuffers * options_.write_buffer_bytes));
  if (database_ != nullptr && database_.use_count() > 1) {
    return MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR",
                     "the vault's data waits to be opened again until running reads are over");
  }
  return Reopen();
}

absl::Status RocksdbVaultStore::Reopen() {
  using Mode = RocksdbDatabase::Mode;
  database_.reset();
  auto writable = RocksdbDatabase::Open(directory_, options_, Mode::kWritable);
  if (writable.ok()) {
    database_ = *std::move(writable);
    return absl::OkStatus();
  }
  // So that reads go on.
  auto readable = RocksdbDatabase::Open(directory_, options_, Mode::kReadOnly);
  if (readable.ok()) database_ = *std::move(readable);
  return writable.status();
}

uint64_t RocksdbVaultStore::Property(const std::string& name) const {
  const auto open = database();
  if (open == nullptr) return 0;
  uint64_t records = 0;
  uint64_t content = 0;
  (void)open->db().GetIntProperty(open->records(), name, &records);
  (void)open->db().GetIntProperty(open->content(), name, &content);
  return records + content;
}

}  // namespace

absl::StatusOr<std::unique_ptr<VaultStore>> OpenRocksdbVaultStore(const std::string& directory,
                                                                  RocksdbOptions options) {
  if (options.cache == nullptr) options.cache = rocksdb::NewLRUCache(options.cache_bytes);
  UNDERSTUDY_ASSIGN_OR_RETURN(
      auto database, RocksdbDatabase::Open(directory, options, RocksdbDatabase::Mode::kWritable));
  auto store = std::make_unique<RocksdbVaultStore>(directory, options, std::move(database));
  UNDERSTUDY_RETURN_IF_ERROR(store->CheckSchema());
  return std::unique_ptr<VaultStore>(std::move(store));
}

}  // namespace understudy::config_vault
