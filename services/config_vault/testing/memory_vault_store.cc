#include "services/config_vault/testing/memory_vault_store.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace understudy::config_vault {

struct MemoryVaultState {
  Counters counters;
  std::optional<ReplicaPosition> position;
  std::map<std::string, DocumentHead, std::less<>> heads;
  std::map<std::string, std::map<Revision, DocumentRevision>, std::less<>> revisions;
  std::map<Revision, std::string> log;
  std::map<std::string, RememberedRequest, std::less<>> requests;
  std::map<uint64_t, std::string> request_ids;
  std::map<std::string, StoredStation, std::less<>> stations;
  std::map<std::string, Duty, std::less<>> duties;
  std::map<std::string, std::string, std::less<>> duty_of_station;
  std::map<Revision, StoredFailover> failovers;
  std::map<std::string, Revision, std::less<>> failover_ids;
  std::map<uint64_t, std::string> finished;
};

namespace {

class Applier {
 public:
  explicit Applier(MemoryVaultState& state) : state_(state) {}

  void operator()(const WriteRevision& write) {
    const DocumentInfo& info = write.revision.info;
    state_.heads[info.name] = write.head;
    state_.revisions[info.name][info.revision] = write.revision;
    state_.log[info.revision] = info.name;
  }
  void operator()(const TrimRevision& trim) {
    state_.revisions[trim.name].erase(trim.revision);
    state_.log.erase(trim.revision);
  }
  void operator()(const WriteRequest& write) {
    state_.requests[write.request.id] = write.request;
    state_.request_ids[write.request.number] = write.request.id;
  }
  void operator()(const ForgetRequest& forget) {
    state_.requests.erase(forget.id);
    state_.request_ids.erase(forget.number);
  }
  void operator()(const WriteStation& write) {
    state_.stations[write.station.station.id] = write.station;
  }
  void operator()(const EraseStation& erase) { state_.stations.erase(erase.id); }
  void operator()(const WriteDuty& write) {
    const std::string& station = write.duty.assignment.station_id;
    state_.duty_of_station.erase(write.previous_station);
    if (!station.empty()) state_.duty_of_station[station] = write.duty.id;
    state_.duties[write.duty.id] = write.duty;
  }
  void operator()(const EraseDuty& erase) {
    state_.duty_of_station.erase(erase.previous_station);
    state_.duties.erase(erase.id);
  }
  void operator()(const WriteFailover& write) {
    const StoredFailover& stored = write.failover;
    state_.failovers[stored.created] = stored;
    state_.failover_ids[stored.failover.id] = stored.created;
    if (stored.finished_number != 0) {
      state_.finished[stored.finished_number] = stored.failover.id;
    }
  }
  void operator()(const EraseFailover& erase) {
    const StoredFailover& stored = erase.failover;
    state_.failovers.erase(stored.created);
    state_.failover_ids.erase(stored.failover.id);
    state_.finished.erase(stored.finished_number);
  }

 private:
  MemoryVaultState& state_;
};

template <typename Map, typename Key>
std::optional<typename Map::mapped_type> Lookup(const Map& map, const Key& key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

template <typename Map>
std::vector<typename Map::mapped_type> ValuesAfter(const Map& map, std::string_view after,
                                                   size_t limit) {
  std::vector<typename Map::mapped_type> values;
  for (auto it = map.upper_bound(after); it != map.end() && values.size() < limit; ++it) {
    values.push_back(it->second);
  }
  return values;
}

class MemoryReader final : public VaultReader {
 public:
  explicit MemoryReader(std::shared_ptr<const MemoryVaultState> state) : state_(std::move(state)) {}

  absl::StatusOr<Counters> ReadCounters() const override { return state_->counters; }
  Found<DocumentHead> FindHead(std::string_view name) const override {
    return Lookup(state_->heads, name);
  }
  Found<DocumentRevision> FindRevision(std::string_view name, Revision revision) const override {
    const auto found = state_->revisions.find(name);
    if (found == state_->revisions.end()) return std::optional<DocumentRevision>();
    return Lookup(found->second, revision);
  }
  Found<std::string> FindContent(std::string_view name, Revision revision) const override {
    const Found<DocumentRevision> found = FindRevision(name, revision);
    if (!found->has_value() || (*found)->info.deleted) return std::optional<std::string>();
    return std::make_optional((*found)->packed);
  }
  absl::StatusOr<Revision> NextRevision(std::string_view name, Revision after) const override {
    const auto found = state_->revisions.find(name);
    if (found == state_->revisions.end()) return 0;
    const auto next = found->second.upper_bound(after);
    return next == found->second.end() ? 0 : next->first;
  }
  Found<RememberedRequest> FindRequest(std::string_view id) const override {
    return Lookup(state_->requests, id);
  }
  Found<std::string> FindRequestId(uint64_t number) const override {
    return Lookup(state_->request_ids, number);
  }
  Found<StoredStation> FindStation(std::string_view id) const override {
    return Lookup(state_->stations, id);
  }
  Found<Duty> FindDuty(std::string_view id) const override { return Lookup(state_->duties, id); }
  Found<std::string> FindDutyOfStation(std::string_view station_id) const override {
    return Lookup(state_->duty_of_station, station_id);
  }
  Found<StoredFailover> FindFailover(std::string_view id) const override {
    const auto created = Lookup(state_->failover_ids, id);
    if (!created.has_value()) return std::optional<StoredFailover>();
    return Lookup(state_->failovers, *created);
  }
  Found<std::string> FindFinishedFailover(uint64_t number) const override {
    return Lookup(state_->finished, number);
  }

  absl::StatusOr<HeadPage> ListHeads(std::string_view prefix, std::string_view after, size_t limit,
                                     bool include_deleted) const override {
    HeadPage page;
    for (const auto& [name, head] : state_->heads) {
      if (name <= after || !name.starts_with(prefix)) continue;
      if (page.heads.size() == limit) {
        page.more = true;
        break;
      }
      page.last = name;
      if (include_deleted || !head.latest.deleted) page.heads.push_back(head);
    }
    return page;
  }

  absl::StatusOr<std::vector<DocumentInfo>> ListHistory(std::string_view name, Revision before,
                                                        size_t limit) const override {
    std::vector<DocumentInfo> infos;
    const auto found = state_->revisions.find(name);
    if (found == state_->revisions.end()) return infos;
    for (auto it = found->second.rbegin(); it != found->second.rend(); ++it) {
      if (it->first < before && infos.size() < limit) infos.push_back(it->second.info);
    }
    return infos;
  }

  absl::StatusOr<std::vector<DocumentInfo>> ListChanges(Revision after,
                                                        size_t limit) const override {
    std::vector<DocumentInfo> infos;
    for (auto it = state_->log.upper_bound(after); it != state_->log.end(); ++it) {
      if (infos.size() == limit) break;
      infos.push_back(state_->revisions.at(it->second).at(it->first).info);
    }
    return infos;
  }

  absl::StatusOr<std::vector<RememberedRequest>> ListRequests(uint64_t after,
                                                              size_t limit) const override {
    std::vector<RememberedRequest> requests;
    for (auto it = state_->request_ids.upper_bound(after); it != state_->request_ids.end(); ++it) {
      if (requests.size() == limit) break;
      const auto found = state_->requests.find(it->second);
      const bool is_this = found != state_->requests.end() && found->second.number == it->first;
      if (is_this) requests.push_back(found->second);
    }
    return requests;
  }
  Found<ReplicaPosition> ReadPosition() const override { return state_->position; }

  absl::StatusOr<std::vector<StoredStation>> ListStationsAfter(std::string_view after,
                                                               size_t limit) const override {
    return ValuesAfter(state_->stations, after, limit);
  }
  absl::StatusOr<std::vector<Duty>> ListDutiesAfter(std::string_view after,
                                                    size_t limit) const override {
    return ValuesAfter(state_->duties, after, limit);
  }

  absl::StatusOr<std::vector<StoredFailover>> ListFailovers(Revision before, size_t limit,
                                                            bool unfinished) const override {
    std::vector<StoredFailover> failovers;
    for (auto it = state_->failovers.rbegin(); it != state_->failovers.rend(); ++it) {
      if (it->first >= before || (unfinished && it->second.failover.finished())) continue;
      if (failovers.size() < limit) failovers.push_back(it->second);
    }
    return failovers;
  }

 private:
  std::shared_ptr<const MemoryVaultState> state_;
};

}  // namespace

MemoryVaultStore::MemoryVaultStore() : state_(std::make_shared<const MemoryVaultState>()) {}

MemoryVaultStore::~MemoryVaultStore() = default;

std::unique_ptr<VaultReader> MemoryVaultStore::Snapshot() const {
  absl::MutexLock lock(&mutex_);
  return std::make_unique<MemoryReader>(state_);
}

absl::Status MemoryVaultStore::Commit(const VaultBatch& batch) {
  return Write(batch, std::nullopt);
}

absl::Status MemoryVaultStore::Apply(const VaultBatch& batch, const ReplicaPosition& position) {
  return Write(batch, position);
}

absl::Status MemoryVaultStore::Clear() {
  absl::MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  auto empty = std::make_shared<MemoryVaultState>();
  empty->position = ReplicaPosition{.filling = true};
  state_ = std::move(empty);
  return absl::OkStatus();
}

absl::Status MemoryVaultStore::Write(const VaultBatch& batch,
                                     std::optional<ReplicaPosition> position) {
  std::function<void()> hook;
  {
    absl::MutexLock lock(&mutex_);
    hook = on_commit_;
  }
  if (hook) hook();
  absl::MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  auto next = std::make_shared<MemoryVaultState>(*state_);
  Applier applier(*next);
  for (const Mutation& mutation : batch.mutations) std::visit(applier, mutation);
  next->counters = batch.counters;
  if (position.has_value()) next->position = position;
  if (position == ReplicaPosition{}) next->position.reset();
  state_ = std::move(next);
  return absl::OkStatus();
}

absl::StatusOr<Epoch> MemoryVaultStore::AdvanceEpoch(Epoch above) {
  absl::MutexLock lock(&mutex_);
  if (!failure_.ok()) return failure_;
  epoch_ = std::max(epoch_, above) + 1;
  return epoch_;
}

absl::Status MemoryVaultStore::Recover() {
  absl::MutexLock lock(&mutex_);
  return failure_;
}

void MemoryVaultStore::SetFailure(absl::Status failure) {
  absl::MutexLock lock(&mutex_);
  failure_ = std::move(failure);
}

void MemoryVaultStore::OnCommit(std::function<void()> hook) {
  absl::MutexLock lock(&mutex_);
  on_commit_ = std::move(hook);
}

}  // namespace understudy::config_vault
