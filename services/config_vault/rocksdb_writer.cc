#include "services/config_vault/rocksdb_writer.h"

#include <string>
#include <variant>

#include "services/config_vault/rocksdb_keys.h"
#include "services/config_vault/storage_codec.h"

namespace understudy::config_vault {
namespace {

// Additions to a WriteBatch in memory cannot fail, short of its 4 GiB; their statuses are dropped.
class BatchEncoder {
 public:
  BatchEncoder(const RocksdbDatabase& database, rocksdb::WriteBatch& out)
      : database_(database), out_(out) {}

  void operator()(const WriteRevision& write) {
    const DocumentInfo& info = write.revision.info;
    Put(keys::Named(keys::kHeads, info.name), storage::EncodeHead(write.head));
    Put(keys::History(info.name, info.revision), storage::EncodeInfo(info));
    Put(keys::Numbered(keys::kLog, info.revision), info.name);
    if (info.deleted) return;
    (void)out_.Put(database_.content(), keys::Content(info.name, info.revision),
                   storage::EncodeContent(write.revision.packed));
  }
  void operator()(const TrimRevision& trim) {
    Delete(keys::History(trim.name, trim.revision));
    Delete(keys::Numbered(keys::kLog, trim.revision));
    (void)out_.Delete(database_.content(), keys::Content(trim.name, trim.revision));
  }
  void operator()(const WriteRequest& write) {
    Put(keys::Named(keys::kRequests, write.request.id), storage::EncodeRequest(write.request));
    Put(keys::Numbered(keys::kRequestNumbers, write.request.number), write.request.id);
  }
  void operator()(const ForgetRequest& forget) {
    Delete(keys::Named(keys::kRequests, forget.id));
    Delete(keys::Numbered(keys::kRequestNumbers, forget.number));
  }
  void operator()(const WriteStation& write) {
    Put(keys::Named(keys::kStations, write.station.station.id),
        storage::EncodeStation(write.station));
  }
  void operator()(const EraseStation& erase) { Delete(keys::Named(keys::kStations, erase.id)); }
  void operator()(const WriteDuty& write) {
    const std::string& station = write.duty.assignment.station_id;
    FreeStation(write.previous_station);
    if (!station.empty()) Put(keys::Named(keys::kDutyOfStation, station), write.duty.id);
    Put(keys::Named(keys::kDuties, write.duty.id), storage::EncodeDuty(write.duty));
  }
  void operator()(const EraseDuty& erase) {
    FreeStation(erase.previous_station);
    Delete(keys::Named(keys::kDuties, erase.id));
  }
  void operator()(const WriteFailover& write) {
    const StoredFailover& stored = write.failover;
    Put(keys::Numbered(keys::kFailovers, stored.created), storage::EncodeFailover(stored));
    Put(keys::Named(keys::kFailoverIds, stored.failover.id), keys::EncodeNumber(stored.created));
    if (stored.finished_number == 0) return;
    Put(keys::Numbered(keys::kFinished, stored.finished_number), stored.failover.id);
  }
  void operator()(const EraseFailover& erase) {
    const StoredFailover& stored = erase.failover;
    Delete(keys::Numbered(keys::kFailovers, stored.created));
    Delete(keys::Named(keys::kFailoverIds, stored.failover.id));
    if (stored.finished_number != 0) {
      Delete(keys::Numbered(keys::kFinished, stored.finished_number));
    }
  }

  void Put(std::string_view key, std::string_view value) {
    (void)out_.Put(database_.records(), rocksdb::Slice(key.data(), key.size()),
                   rocksdb::Slice(value.data(), value.size()));
  }

 private:
  void Delete(const std::string& key) { (void)out_.Delete(database_.records(), key); }
  void FreeStation(const std::string& station) {
    if (!station.empty()) Delete(keys::Named(keys::kDutyOfStation, station));
  }

  const RocksdbDatabase& database_;
  rocksdb::WriteBatch& out_;
};

}  // namespace

void EncodeBatch(const RocksdbDatabase& database, const VaultBatch& batch,
                 rocksdb::WriteBatch& out) {
  BatchEncoder encoder(database, out);
  for (const Mutation& mutation : batch.mutations) std::visit(encoder, mutation);
  encoder.Put(keys::kCounters, storage::EncodeCounters(batch.counters));
}

void EncodePosition(const RocksdbDatabase& database, const ReplicaPosition& position,
                    rocksdb::WriteBatch& out) {
  if (position == ReplicaPosition{}) {
    (void)out.Delete(database.records(),
                     rocksdb::Slice(keys::kPosition.data(), keys::kPosition.size()));
    return;
  }
  BatchEncoder(database, out).Put(keys::kPosition, storage::EncodePosition(position));
}

void EncodeClear(const RocksdbDatabase& database, rocksdb::WriteBatch& out) {
  constexpr std::string_view kLast = "\xFF";
  const std::string meta_end = keys::PrefixEnd(keys::kMeta);
  const auto erase = [&](rocksdb::ColumnFamilyHandle* family, std::string_view begin,
                         std::string_view end) {
    (void)out.DeleteRange(family, rocksdb::Slice(begin.data(), begin.size()),
                          rocksdb::Slice(end.data(), end.size()));
  };
  erase(database.records(), "", keys::kMeta);
  erase(database.records(), meta_end, kLast);
  erase(database.content(), "", kLast);
  for (const std::string_view key : {keys::kCounters, keys::kPosition}) {
    (void)out.Delete(database.records(), rocksdb::Slice(key.data(), key.size()));
  }
}

}  // namespace understudy::config_vault
