#include "services/checkpoint_store/rocksdb_checkpoint_store.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/rocksdb/rocksdb_status.h"
#include "common/status/status.h"
#include "rocksdb/write_batch.h"
#include "services/checkpoint_store/rocksdb_database.h"
#include "services/checkpoint_store/storage_codec.h"

namespace understudy::checkpoint_store {
namespace {

using Database = std::shared_ptr<const RocksdbDatabase>;

constexpr std::string_view kReading = "reading the checkpoints";
constexpr std::string_view kWriting = "writing the checkpoints";
// What is sealed to know the key again.
constexpr std::string_view kKeyCheck = "understudy checkpoint-store";
// A database that writes is opened again when there is room for so many write buffers: opening
// writes out what the log holds.
constexpr uint64_t kRoomInBuffers = 5;

rocksdb::WriteOptions Synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status NotOpen() {
  return MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR",
                   "the checkpoints could not be opened again");
}

class RocksdbCheckpointStore final : public CheckpointStore {
 public:
  RocksdbCheckpointStore(std::string directory, RocksdbOptions options, Database database)
      : directory_(std::move(directory)),
        options_(std::move(options)),
        database_(std::move(database)) {}

  // Writes the schema of new data, or checks that of old.
  absl::Status CheckSchema();

  absl::StatusOr<Counters> Load(const OnDevice& on_device) const override;
  absl::Status Commit(const CheckpointBatch& batch) override;
  absl::StatusOr<std::string> ReadContent(DeviceNumber device, ContentSlot slot) const override;
  absl::Status Recover() override;
  uint64_t DiskBytes() const override;

 private:
  Database database() const {
    absl::MutexLock lock(&mutex_);
    return database_;
  }
  // What is written for a value, and the value of what was read.
  std::string Seal(std::string_view key, std::string value) const {
    return options_.cipher == nullptr ? std::move(value) : options_.cipher->Seal(key, value);
  }
  absl::StatusOr<std::string> Open(std::string_view key, std::string value) const {
    if (options_.cipher == nullptr) return value;
    return options_.cipher->Open(key, value);
  }
  void Encode(const RocksdbDatabase& open, const Mutation& mutation,
              rocksdb::WriteBatch& encoded) const;
  absl::Status CheckKey(const std::string& key_check) const;
  absl::Status LoadDevices(const RocksdbDatabase& open, const OnDevice& on_device) const;
  // Nothing when it is not there.
  absl::StatusOr<std::optional<std::string>> Get(const RocksdbDatabase& open,
                                                 rocksdb::ColumnFamilyHandle* family,
                                                 std::string_view key) const;

  const std::string directory_;
  const RocksdbOptions options_;
  mutable absl::Mutex mutex_;
  // Null when it could not be opened again.
  Database database_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::optional<std::string>> RocksdbCheckpointStore::Get(
    const RocksdbDatabase& open, rocksdb::ColumnFamilyHandle* family, std::string_view key) const {
  std::string bytes;
  const rocksdb::Status status =
      open.db().Get(rocksdb::ReadOptions(), family, ToSlice(key), &bytes);
  if (status.IsNotFound()) return std::optional<std::string>();
  UNDERSTUDY_RETURN_IF_ERROR(FromRocksdb(status, kReading));
  return std::make_optional(std::move(bytes));
}

absl::Status RocksdbCheckpointStore::CheckKey(const std::string& key_check) const {
  const bool has_key = options_.cipher != nullptr;
  if (key_check.empty() && !has_key) return absl::OkStatus();
  if (!key_check.empty() && has_key &&
      options_.cipher->Open(storage::kSchemaKey, key_check).ok()) {
    return absl::OkStatus();
  }
  const char* const finding = key_check.empty() ? "is not encrypted, but key_file gives a key"
                              : has_key         ? "is encrypted with another key"
                                                : "is encrypted; its key belongs into key_file";
  return MakeError(absl::StatusCode::kFailedPrecondition, "WRONG_KEY",
                   absl::StrCat("the data in ", directory_, " ", finding));
}

absl::Status RocksdbCheckpointStore::CheckSchema() {
  const Database open = database();
  if (open->is_new()) {
    storage::Schema schema{kSchemaVersion};
    if (options_.cipher != nullptr) {
      schema.key_check = options_.cipher->Seal(storage::kSchemaKey, kKeyCheck);
    }
    return FromRocksdb(open->db().Put(Synced(), open->records(), ToSlice(storage::kSchemaKey),
                                      storage::EncodeSchema(schema)),
                       kWriting);
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                              Get(*open, open->records(), storage::kSchemaKey));
  if (!bytes.has_value()) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "NOT_A_CHECKPOINT_STORE",
        absl::StrCat(directory_, " holds RocksDB data without a checkpoint-store's schema record"));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const storage::Schema schema, storage::DecodeSchema(*bytes));
  if (schema.version <= kSchemaVersion) return CheckKey(schema.key_check);
  return MakeError(absl::StatusCode::kFailedPrecondition, "NEWER_SCHEMA",
                   absl::StrCat("the data in ", directory_, " was written under schema version ",
                                schema.version, " by a newer checkpoint-store; this one supports "
                                "up to ", kSchemaVersion),
                   {{"found", absl::StrCat(schema.version)},
                    {"supported", absl::StrCat(kSchemaVersion)}});
}

absl::StatusOr<Counters> RocksdbCheckpointStore::Load(const OnDevice& on_device) const {
  const Database open = database();
  if (open == nullptr) return NotOpen();
  UNDERSTUDY_RETURN_IF_ERROR(LoadDevices(*open, on_device));
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<std::string> counters,
                              Get(*open, open->records(), storage::kCountersKey));
  if (!counters.has_value()) return Counters();
  return storage::DecodeCounters(*counters);
}

absl::Status RocksdbCheckpointStore::LoadDevices(const RocksdbDatabase& open,
                                                 const OnDevice& on_device) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.total_order_seek = true;
  const std::unique_ptr<rocksdb::Iterator> entry(open.db().NewIterator(options, open.records()));
  for (entry->Seek(ToSlice(storage::kDevices));
       entry->Valid() && ToView(entry->key()).starts_with(storage::kDevices); entry->Next()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::string bytes,
                                Open(ToView(entry->key()), std::string(ToView(entry->value()))));
    UNDERSTUDY_ASSIGN_OR_RETURN(Device device, storage::DecodeDevice(bytes));
    on_device(std::make_shared<const Device>(std::move(device)));
  }
  return FromRocksdb(entry->status(), kReading);
}

void RocksdbCheckpointStore::Encode(const RocksdbDatabase& open, const Mutation& mutation,
                                    rocksdb::WriteBatch& encoded) const {
  if (const auto* device = std::get_if<WriteDevice>(&mutation)) {
    const std::string key = storage::DeviceKey(device->device->number);
    encoded.Put(open.records(), key, Seal(key, storage::EncodeDevice(*device->device)));
  } else if (const auto* erased = std::get_if<EraseDevice>(&mutation)) {
    encoded.Delete(open.records(), storage::DeviceKey(erased->number));
  } else if (const auto* content = std::get_if<WriteContent>(&mutation)) {
    const std::string key = storage::ContentKey(content->device, content->slot);
    if (options_.cipher == nullptr) {
      encoded.Put(open.content(), key, *content->content);
    } else {
      encoded.Put(open.content(), key, options_.cipher->Seal(key, *content->content));
    }
  } else {
    const auto& gone = std::get<EraseContent>(mutation);
    encoded.Delete(open.content(), storage::ContentKey(gone.device, gone.slot));
  }
}

absl::Status RocksdbCheckpointStore::Commit(const CheckpointBatch& batch) {
  const Database open = database();
  if (open == nullptr) return NotOpen();
  rocksdb::WriteBatch encoded;
  for (const Mutation& mutation : batch.mutations) Encode(*open, mutation, encoded);
  encoded.Put(open->records(), ToSlice(storage::kCountersKey),
              storage::EncodeCounters(batch.counters));
  return FromRocksdb(open->db().Write(Synced(), &encoded), kWriting);
}

absl::StatusOr<std::string> RocksdbCheckpointStore::ReadContent(DeviceNumber device,
                                                                ContentSlot slot) const {
  const Database open = database();
  if (open == nullptr) return NotOpen();
  const std::string key = storage::ContentKey(device, slot);
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<std::string> bytes, Get(*open, open->content(), key));
  if (bytes.has_value()) return Open(key, *std::move(bytes));
  return MakeError(absl::StatusCode::kNotFound, "CONTENT_NOT_FOUND", "the content is not there");
}

// A full disk is forgiven by RocksDB itself once there is room. After other errors of the log it
// must be opened again; what the log holds then is stored for good or was never acknowledged.
absl::Status RocksdbCheckpointStore::Recover() {
  absl::MutexLock lock(&mutex_);
  if (database_ != nullptr && database_->db().Resume().ok()) return absl::OkStatus();
  UNDERSTUDY_RETURN_IF_ERROR(
      ProbeDisk(directory_, kRoomInBuffers * options_.write_buffer_bytes, kWriting));
  if (database_ != nullptr && database_.use_count() > 1) {
    return MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR",
                     "the checkpoints wait to be opened again until running reads are over");
  }
  database_.reset();
  UNDERSTUDY_ASSIGN_OR_RETURN(database_, RocksdbDatabase::Open(directory_, options_));
  return absl::OkStatus();
}

uint64_t RocksdbCheckpointStore::DiskBytes() const {
  const Database open = database();
  if (open == nullptr) return 0;
  uint64_t total = 0;
  for (auto* family : {open->records(), open->content()}) {
    for (const char* property : {"rocksdb.total-sst-files-size", "rocksdb.total-blob-file-size"}) {
      uint64_t bytes = 0;
      (void)open->db().GetIntProperty(family, property, &bytes);
      total += bytes;
    }
  }
  return total;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointStore>> OpenRocksdbCheckpointStore(
    const std::string& directory, const RocksdbOptions& options) {
  UNDERSTUDY_ASSIGN_OR_RETURN(Database database, RocksdbDatabase::Open(directory, options));
  auto store =
      std::make_unique<RocksdbCheckpointStore>(directory, options, std::move(database));
  UNDERSTUDY_RETURN_IF_ERROR(store->CheckSchema());
  return std::unique_ptr<CheckpointStore>(std::move(store));
}

}  // namespace understudy::checkpoint_store
