#include "services/config_vault/etcd/batch_codec.h"

#include <map>
#include <string>
#include <utility>
#include <variant>

#include "common/status/status.h"
#include "services/config_vault/mutation_codec.h"
#include "services/config_vault/record_fields.h"
#include "services/config_vault/storage_codec.h"

namespace understudy::config_vault::etcd {
namespace {

namespace pb = ::understudy::config_vault::storage::v1;

// What becomes of each key of the current state: the last write of a batch counts.
class CurrentState {
 public:
  explicit CurrentState(const SiteKeys& keys) : keys_(keys) {}

  void operator()(const WriteRevision& write) {
    const std::string key = keys_.Document(write.revision.info.name);
    if (write.revision.info.deleted) return Erase(key);
    pb::DocumentRecord record;
    fields::ToProto(write.head, *record.mutable_head());
    record.set_zstd_frame(write.revision.packed);
    Put(key, fields::Encode(record));
  }
  void operator()(const WriteStation& write) {
    Put(keys_.Station(write.station.station.id), storage::EncodeStation(write.station));
  }
  void operator()(const EraseStation& erase) { Erase(keys_.Station(erase.id)); }
  void operator()(const WriteDuty& write) {
    Put(keys_.Duty(write.duty.id), storage::EncodeDuty(write.duty));
  }
  void operator()(const EraseDuty& erase) { Erase(keys_.Duty(erase.id)); }
  void operator()(const WriteFailover& write) {
    const std::string key = keys_.Failover(write.failover.failover.id);
    if (write.failover.failover.finished()) return Erase(key);
    Put(key, storage::EncodeFailover(write.failover));
  }
  // History, which etcd does not keep.
  void operator()(const TrimRevision&) {}
  void operator()(const WriteRequest&) {}
  void operator()(const ForgetRequest&) {}
  void operator()(const EraseFailover&) {}

  std::vector<Write> TakeWrites() {
    std::vector<Write> writes;
    for (auto& [key, value] : values_) {
      writes.push_back(value.has_value() ? Write::Put(key, *std::move(value))
                                         : Write::Delete({key, {}}));
    }
    return writes;
  }

 private:
  void Put(const std::string& key, std::string value) { values_[key] = std::move(value); }
  void Erase(const std::string& key) { values_[key] = std::nullopt; }

  const SiteKeys& keys_;
  std::map<std::string, std::optional<std::string>> values_;
};

// The place of each document's last write, whose frame stands in the document's own key.
std::map<std::string_view, size_t> LastWrites(const VaultBatch& batch) {
  std::map<std::string_view, size_t> last;
  for (size_t i = 0; i < batch.mutations.size(); ++i) {
    if (const auto* write = std::get_if<WriteRevision>(&batch.mutations[i])) {
      last[write->revision.info.name] = i;
    }
  }
  return last;
}

bool IsFrameApart(const std::map<std::string_view, size_t>& last, const Mutation& mutation,
                  size_t place) {
  const auto* write = std::get_if<WriteRevision>(&mutation);
  return write != nullptr && !write->revision.info.deleted &&
         last.at(write->revision.info.name) == place;
}

pb::BatchRecord MakeRecord(const BatchOrigin& origin, const Counters& counters) {
  pb::BatchRecord record;
  record.set_epoch(origin.epoch);
  record.set_proposal(origin.proposal);
  record.set_lineage(origin.lineage);
  fields::ToProto(counters, *record.mutable_counters());
  return record;
}

BatchOrigin ToOrigin(const pb::BatchRecord& record) {
  return {.epoch = record.epoch(), .proposal = record.proposal(), .lineage = record.lineage()};
}

const KeyValue* FindPut(const RevisionEvents& events, const std::string& key) {
  for (const Event& event : events.events) {
    if (!event.deleted && event.value.key == key) return &event.value;
  }
  return nullptr;
}

std::optional<std::string> FindDocumentFrame(const SiteKeys& keys, const RevisionEvents& events,
                                             std::string_view name) {
  const KeyValue* const found = FindPut(events, keys.Document(name));
  if (found == nullptr) return std::nullopt;
  auto record = fields::Parse<pb::DocumentRecord>(found->value);
  if (!record.ok()) return std::nullopt;
  return std::move(*record->mutable_zstd_frame());
}

absl::StatusOr<Mutation> DecodeDocument(std::string_view value) {
  UNDERSTUDY_ASSIGN_OR_RETURN(auto record, fields::Parse<pb::DocumentRecord>(value));
  const DocumentInfo info = fields::ToInfo(record.head().latest());
  return WriteRevision{
      .revision = {.info = info, .packed = std::move(*record.mutable_zstd_frame())},
      .head = {.latest = info, .oldest = info.revision, .kept = 1}};
}

}  // namespace

size_t CountWrites(const Mutation& mutation) {
  const bool is_history = std::holds_alternative<TrimRevision>(mutation) ||
                          std::holds_alternative<WriteRequest>(mutation) ||
                          std::holds_alternative<ForgetRequest>(mutation) ||
                          std::holds_alternative<EraseFailover>(mutation);
  return is_history ? 0 : 1;
}

std::vector<Write> EncodeBatch(const SiteKeys& keys, const BatchOrigin& origin,
                               const VaultBatch& batch) {
  pb::BatchRecord record = MakeRecord(origin, batch.counters);
  const std::map<std::string_view, size_t> last = LastWrites(batch);
  CurrentState state(keys);
  for (size_t i = 0; i < batch.mutations.size(); ++i) {
    const Mutation& mutation = batch.mutations[i];
    storage::EncodeMutation(mutation, IsFrameApart(last, mutation, i), *record.add_mutations());
    std::visit(state, mutation);
  }
  std::vector<Write> writes = state.TakeWrites();
  writes.push_back(Write::Put(keys.Batch(), fields::Encode(record)));
  return writes;
}

Write EncodeRefill(const SiteKeys& keys, const BatchOrigin& origin, const Counters& counters) {
  pb::BatchRecord record = MakeRecord(origin, counters);
  record.set_refill(true);
  return Write::Put(keys.Batch(), fields::Encode(record));
}

std::vector<Write> EncodeCurrent(const SiteKeys& keys, const Mutation& mutation) {
  CurrentState state(keys);
  std::visit(state, mutation);
  return state.TakeWrites();
}

absl::StatusOr<std::optional<OrderedBatch>> DecodeBatch(const SiteKeys& keys,
                                                        const RevisionEvents& events) {
  const KeyValue* const found = FindPut(events, keys.Batch());
  if (found == nullptr) return std::optional<OrderedBatch>();
  UNDERSTUDY_ASSIGN_OR_RETURN(auto record, fields::Parse<pb::BatchRecord>(found->value));
  OrderedBatch ordered{.origin = ToOrigin(record), .is_refill = record.refill()};
  ordered.batch.counters = fields::ToCounters(record.counters());
  for (pb::MutationRecord& mutation : *record.mutable_mutations()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(Mutation decoded,
                                storage::DecodeMutation(mutation, [&](std::string_view name) {
                                  return FindDocumentFrame(keys, events, name);
                                }));
    ordered.batch.mutations.push_back(std::move(decoded));
  }
  return std::make_optional(std::move(ordered));
}

absl::StatusOr<BatchSummary> DecodeSummary(std::string_view value) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, fields::Parse<pb::BatchRecord>(value));
  return BatchSummary{.origin = ToOrigin(record),
                      .counters = fields::ToCounters(record.counters())};
}

absl::StatusOr<std::optional<Mutation>> DecodeCurrent(const SiteKeys& keys, const KeyValue& value) {
  if (value.key.starts_with(keys.Document(""))) {
    UNDERSTUDY_ASSIGN_OR_RETURN(Mutation mutation, DecodeDocument(value.value));
    return std::make_optional(std::move(mutation));
  }
  if (value.key.starts_with(keys.Station(""))) {
    UNDERSTUDY_ASSIGN_OR_RETURN(StoredStation station, storage::DecodeStation(value.value));
    return std::make_optional<Mutation>(WriteStation{std::move(station)});
  }
  if (value.key.starts_with(keys.Duty(""))) {
    UNDERSTUDY_ASSIGN_OR_RETURN(Duty duty, storage::DecodeDuty(value.value));
    return std::make_optional<Mutation>(WriteDuty{.duty = std::move(duty)});
  }
  if (value.key.starts_with(keys.Failover(""))) {
    UNDERSTUDY_ASSIGN_OR_RETURN(StoredFailover failover, storage::DecodeFailover(value.value));
    return std::make_optional<Mutation>(WriteFailover{std::move(failover)});
  }
  return std::optional<Mutation>();
}

}  // namespace understudy::config_vault::etcd
