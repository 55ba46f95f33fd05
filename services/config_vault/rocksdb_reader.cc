#include "services/config_vault/rocksdb_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "common/rocksdb/rocksdb_status.h"
#include "common/status/status.h"
#include "services/config_vault/rocksdb_keys.h"
#include "services/config_vault/storage_codec.h"

namespace understudy::config_vault {
namespace {

constexpr std::string_view kReading = "reading the vault";
// A page looks at no more than this many records for each one that it is to hold.
constexpr size_t kScanFactor = 16;

std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

absl::Status Dangling(const std::string& what) {
  return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD", what + " is missing");
}

absl::Status NotOpen() {
  return MakeError(absl::StatusCode::kUnavailable, "DISK_ERROR", "the vault's data is not open");
}

// Not having it, for a reader of the memory alone, is no failure of the disk.
absl::Status FromRead(const rocksdb::Status& status) {
  if (!status.IsIncomplete()) return FromRocksdb(status, kReading);
  return MakeError(absl::StatusCode::kUnavailable, "NOT_IN_MEMORY", "the disk must be read");
}

// A database, and its state at one time.
class PinnedDatabase {
 public:
  PinnedDatabase(std::shared_ptr<const RocksdbDatabase> database, ReadFrom from)
      : database_(std::move(database)),
        snapshot_(database_ == nullptr ? nullptr : database_->db().GetSnapshot()) {
    options_.snapshot = snapshot_;
    if (from == ReadFrom::kMemory) options_.read_tier = rocksdb::kBlockCacheTier;
  }
  ~PinnedDatabase() {
    if (snapshot_ != nullptr) database_->db().ReleaseSnapshot(snapshot_);
  }
  PinnedDatabase(const PinnedDatabase&) = delete;
  PinnedDatabase& operator=(const PinnedDatabase&) = delete;

  bool is_open() const { return database_ != nullptr; }
  const RocksdbDatabase& operator*() const { return *database_; }
  const RocksdbDatabase* operator->() const { return database_.get(); }
  const rocksdb::ReadOptions& options() const { return options_; }

 private:
  const std::shared_ptr<const RocksdbDatabase> database_;
  const rocksdb::Snapshot* const snapshot_;
  rocksdb::ReadOptions options_;
};

// Walks the records from the key `begin` (included) to `end` (not included).
class Walk {
 public:
  Walk(const PinnedDatabase& database, std::string begin, std::string end)
      : begin_(std::move(begin)), end_(std::move(end)), begin_slice_(begin_), end_slice_(end_) {
    if (!database.is_open()) return;
    rocksdb::ReadOptions options = database.options();
    options.iterate_lower_bound = &begin_slice_;
    options.iterate_upper_bound = &end_slice_;
    iterator_.reset(database->db().NewIterator(options, database->records()));
  }

  void First() {
    if (iterator_ != nullptr) iterator_->SeekToFirst();
  }
  void Last() {
    if (iterator_ != nullptr) iterator_->SeekToLast();
  }
  bool Valid() const { return iterator_ != nullptr && iterator_->Valid(); }
  void Next() { iterator_->Next(); }
  void Previous() { iterator_->Prev(); }
  std::string_view key() const { return View(iterator_->key()); }
  std::string_view value() const { return View(iterator_->value()); }
  absl::Status status() const {
    return iterator_ == nullptr ? NotOpen() : FromRead(iterator_->status());
  }

 private:
  const std::string begin_;
  const std::string end_;
  const rocksdb::Slice begin_slice_;
  const rocksdb::Slice end_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksdbReader final : public VaultReader {
 public:
  RocksdbReader(std::shared_ptr<const RocksdbDatabase> database, ReadFrom from)
      : database_(std::move(database), from) {}

  absl::StatusOr<Counters> ReadCounters() const override {
    UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<Counters> counters,
                                Find<Counters>(keys::kCounters, storage::DecodeCounters));
    return counters.value_or(Counters{});
  }

  Found<DocumentHead> FindHead(std::string_view name) const override {
    return Find<DocumentHead>(keys::Named(keys::kHeads, name), storage::DecodeHead);
  }
  Found<DocumentRevision> FindRevision(std::string_view name, Revision revision) const override;
  absl::StatusOr<Revision> NextRevision(std::string_view name, Revision after) const override;
  Found<std::string> FindContent(std::string_view name, Revision revision) const override;

  Found<RememberedRequest> FindRequest(std::string_view id) const override {
    return Find<RememberedRequest>(keys::Named(keys::kRequests, id), storage::DecodeRequest);
  }
  Found<std::string> FindRequestId(uint64_t number) const override {
    return FindRecord(keys::Numbered(keys::kRequestNumbers, number));
  }
  Found<StoredStation> FindStation(std::string_view id) const override {
    return Find<StoredStation>(keys::Named(keys::kStations, id), storage::DecodeStation);
  }
  Found<Duty> FindDuty(std::string_view id) const override {
    return Find<Duty>(keys::Named(keys::kDuties, id), storage::DecodeDuty);
  }
  Found<std::string> FindDutyOfStation(std::string_view station_id) const override {
    return FindRecord(keys::Named(keys::kDutyOfStation, station_id));
  }
  Found<StoredFailover> FindFailover(std::string_view id) const override;
  Found<std::string> FindFinishedFailover(uint64_t number) const override {
    return FindRecord(keys::Numbered(keys::kFinished, number));
  }

  absl::StatusOr<HeadPage> ListHeads(std::string_view prefix, std::string_view after, size_t limit,
                                     bool include_deleted) const override;
  absl::StatusOr<std::vector<DocumentInfo>> ListHistory(std::string_view name, Revision before,
                                                        size_t limit) const override;
  absl::StatusOr<std::vector<DocumentInfo>> ListChanges(Revision after,
                                                        size_t limit) const override;
  absl::StatusOr<std::vector<RememberedRequest>> ListRequests(uint64_t after,
                                                              size_t limit) const override;
  Found<ReplicaPosition> ReadPosition() const override {
    return Find<ReplicaPosition>(keys::kPosition, storage::DecodePosition);
  }
  absl::StatusOr<std::vector<StoredStation>> ListStationsAfter(std::string_view after,
                                                               size_t limit) const override {
    return ListAfter<StoredStation>(keys::kStations, after, limit, storage::DecodeStation);
  }
  absl::StatusOr<std::vector<Duty>> ListDutiesAfter(std::string_view after,
                                                    size_t limit) const override {
    return ListAfter<Duty>(keys::kDuties, after, limit, storage::DecodeDuty);
  }
  absl::StatusOr<std::vector<StoredFailover>> ListFailovers(Revision before, size_t limit,
                                                            bool unfinished) const override;

 private:
  template <typename T>
  using Decoder = absl::StatusOr<T> (*)(std::string_view);

  // Whether it is there.
  absl::StatusOr<bool> Read(rocksdb::ColumnFamilyHandle* family, std::string_view key,
                            rocksdb::PinnableSlice& bytes) const;
  Found<std::string> FindRecord(std::string_view key) const;

  template <typename T>
  Found<T> Find(std::string_view key, Decoder<T> decode) const {
    if (!database_.is_open()) return NotOpen();
    return FindIn<T>(database_->records(), key, decode);
  }
  template <typename T>
  Found<T> FindIn(rocksdb::ColumnFamilyHandle* family, std::string_view key,
                  Decoder<T> decode) const {
    rocksdb::PinnableSlice bytes;
    UNDERSTUDY_ASSIGN_OR_RETURN(const bool is_there, Read(family, key, bytes));
    if (!is_there) return std::optional<T>();
    UNDERSTUDY_ASSIGN_OR_RETURN(T record, decode(View(bytes)));
    return std::make_optional(std::move(record));
  }

  template <typename T>
  absl::StatusOr<std::vector<T>> ListAfter(std::string_view table, std::string_view after,
                                           size_t limit, Decoder<T> decode) const {
    std::vector<T> page;
    // The next key after one is that key with a zero byte behind it.
    std::string begin(table);
    begin.append(after);
    if (!after.empty()) begin.push_back('\0');
    Walk walk(database_, std::move(begin), keys::PrefixEnd(table));
    for (walk.First(); walk.Valid() && page.size() < limit; walk.Next()) {
      UNDERSTUDY_ASSIGN_OR_RETURN(T record, decode(walk.value()));
      page.push_back(std::move(record));
    }
    UNDERSTUDY_RETURN_IF_ERROR(walk.status());
    return page;
  }

  const PinnedDatabase database_;
};

absl::StatusOr<bool> RocksdbReader::Read(rocksdb::ColumnFamilyHandle* family, std::string_view key,
                                         rocksdb::PinnableSlice& bytes) const {
  const rocksdb::Status status =
      database_->db().Get(database_.options(), family, ToSlice(key), &bytes);
  if (status.IsNotFound()) return false;
  UNDERSTUDY_RETURN_IF_ERROR(FromRead(status));
  return true;
}

Found<std::string> RocksdbReader::FindRecord(std::string_view key) const {
  return Find<std::string>(
      key, +[](std::string_view bytes) { return absl::StatusOr<std::string>(bytes); });
}

Found<std::string> RocksdbReader::FindContent(std::string_view name, Revision revision) const {
  if (!database_.is_open()) return NotOpen();
  return FindIn<std::string>(database_->content(), keys::Content(name, revision),
                             storage::DecodeContent);
}

Found<DocumentRevision> RocksdbReader::FindRevision(std::string_view name,
                                                    Revision revision) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(
      std::optional<DocumentInfo> info,
      Find<DocumentInfo>(keys::History(name, revision), storage::DecodeInfo));
  if (!info.has_value()) return std::optional<DocumentRevision>();
  DocumentRevision found{.info = *std::move(info)};
  if (found.info.deleted) return std::make_optional(std::move(found));
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<std::string> content, FindContent(name, revision));
  if (!content.has_value()) return Dangling("the content of \"" + std::string(name) + "\"");
  found.packed = *std::move(content);
  return std::make_optional(std::move(found));
}

absl::StatusOr<Revision> RocksdbReader::NextRevision(std::string_view name, Revision after) const {
  Walk walk(database_, keys::History(name, after + 1), keys::History(name, UINT64_MAX));
  walk.First();
  if (!walk.Valid()) {
    UNDERSTUDY_RETURN_IF_ERROR(walk.status());
    return 0;
  }
  return keys::NumberAtEnd(walk.key()).value_or(0);
}

Found<StoredFailover> RocksdbReader::FindFailover(std::string_view id) const {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<std::string> created,
                              FindRecord(keys::Named(keys::kFailoverIds, id)));
  if (!created.has_value()) return std::optional<StoredFailover>();
  return Find<StoredFailover>(keys::Named(keys::kFailovers, *created), storage::DecodeFailover);
}

absl::StatusOr<VaultReader::HeadPage> RocksdbReader::ListHeads(std::string_view prefix,
                                                               std::string_view after, size_t limit,
                                                               bool include_deleted) const {
  HeadPage page;
  const std::string table_prefix = keys::Named(keys::kHeads, prefix);
  // A zero byte more is the next key.
  const std::string next = keys::Named(keys::kHeads, after) + '\0';
  Walk walk(database_, std::max(next, table_prefix), keys::PrefixEnd(table_prefix));
  size_t budget = limit * kScanFactor;
  for (walk.First(); walk.Valid(); walk.Next()) {
    if (page.heads.size() == limit || budget == 0) {
      page.more = true;
      break;
    }
    --budget;
    UNDERSTUDY_ASSIGN_OR_RETURN(DocumentHead head, storage::DecodeHead(walk.value()));
    page.last = head.latest.name;
    if (include_deleted || !head.latest.deleted) page.heads.push_back(std::move(head));
  }
  UNDERSTUDY_RETURN_IF_ERROR(walk.status());
  return page;
}

absl::StatusOr<std::vector<DocumentInfo>> RocksdbReader::ListHistory(std::string_view name,
                                                                     Revision before,
                                                                     size_t limit) const {
  std::vector<DocumentInfo> infos;
  Walk walk(database_, keys::History(name, 0), keys::History(name, before));
  for (walk.Last(); walk.Valid() && infos.size() < limit; walk.Previous()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(DocumentInfo info, storage::DecodeInfo(walk.value()));
    infos.push_back(std::move(info));
  }
  UNDERSTUDY_RETURN_IF_ERROR(walk.status());
  return infos;
}

absl::StatusOr<std::vector<DocumentInfo>> RocksdbReader::ListChanges(Revision after,
                                                                     size_t limit) const {
  std::vector<DocumentInfo> infos;
  Walk walk(database_, keys::Numbered(keys::kLog, after + 1), keys::PrefixEnd(keys::kLog));
  for (walk.First(); walk.Valid() && infos.size() < limit; walk.Next()) {
    const std::string name(walk.value());
    const Revision revision = keys::NumberAtEnd(walk.key()).value_or(0);
    UNDERSTUDY_ASSIGN_OR_RETURN(
        std::optional<DocumentInfo> info,
        Find<DocumentInfo>(keys::History(name, revision), storage::DecodeInfo));
    if (!info.has_value()) return Dangling("a logged revision of \"" + name + "\"");
    infos.push_back(*std::move(info));
  }
  UNDERSTUDY_RETURN_IF_ERROR(walk.status());
  return infos;
}

absl::StatusOr<std::vector<RememberedRequest>> RocksdbReader::ListRequests(uint64_t after,
                                                                           size_t limit) const {
  std::vector<RememberedRequest> requests;
  Walk walk(database_, keys::Numbered(keys::kRequestNumbers, after + 1),
            keys::PrefixEnd(keys::kRequestNumbers));
  for (walk.First(); walk.Valid() && requests.size() < limit; walk.Next()) {
    const std::string id(walk.value());
    UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<RememberedRequest> request, FindRequest(id));
    // The id may have been used anew, and be forgotten by now, by a root without this memory.
    const bool is_this =
        request.has_value() && walk.key() == keys::Numbered(keys::kRequestNumbers, request->number);
    if (is_this) requests.push_back(*std::move(request));
  }
  UNDERSTUDY_RETURN_IF_ERROR(walk.status());
  return requests;
}

absl::StatusOr<std::vector<StoredFailover>> RocksdbReader::ListFailovers(Revision before,
                                                                         size_t limit,
                                                                         bool unfinished) const {
  std::vector<StoredFailover> failovers;
  Walk walk(database_, std::string(keys::kFailovers), keys::Numbered(keys::kFailovers, before));
  for (walk.Last(); walk.Valid() && failovers.size() < limit; walk.Previous()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(StoredFailover stored, storage::DecodeFailover(walk.value()));
    if (!unfinished || !stored.failover.finished()) failovers.push_back(std::move(stored));
  }
  UNDERSTUDY_RETURN_IF_ERROR(walk.status());
  return failovers;
}

}  // namespace

std::unique_ptr<VaultReader> NewRocksdbReader(std::shared_ptr<const RocksdbDatabase> database,
                                              ReadFrom from) {
  return std::make_unique<RocksdbReader>(std::move(database), from);
}

}  // namespace understudy::config_vault
