#include "services/config_vault/pending_view.h"

#include <variant>

namespace understudy::config_vault {
namespace {

// What the overlay says of `key`, or nothing when it says nothing.
template <typename Map, typename Key>
const typename Map::mapped_type* Lookup(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

void PendingView::Apply(const Mutation& mutation) {
  std::visit([this](const auto& change) { Set(change); }, mutation);
}

void PendingView::Set(const WriteRevision& write) {
  const DocumentInfo& info = write.revision.info;
  heads_[info.name] = write.head;
  revisions_[{info.name, info.revision}] = write.revision;
}

void PendingView::Set(const TrimRevision& trim) {
  revisions_[{trim.name, trim.revision}] = std::nullopt;
}

void PendingView::Set(const WriteRequest& write) {
  requests_[write.request.id] = write.request;
  request_ids_[write.request.number] = write.request.id;
}

void PendingView::Set(const ForgetRequest& forget) {
  requests_[forget.id] = std::nullopt;
  request_ids_[forget.number] = std::nullopt;
}

void PendingView::Set(const WriteStation& write) {
  stations_[write.station.station.id] = write.station;
}

void PendingView::Set(const EraseStation& erase) { stations_[erase.id] = std::nullopt; }

void PendingView::Set(const WriteDuty& write) {
  const std::string& station = write.duty.assignment.station_id;
  if (!write.previous_station.empty()) duty_of_station_[write.previous_station] = std::nullopt;
  if (!station.empty()) duty_of_station_[station] = write.duty.id;
  duties_[write.duty.id] = write.duty;
}

void PendingView::Set(const EraseDuty& erase) {
  if (!erase.previous_station.empty()) duty_of_station_[erase.previous_station] = std::nullopt;
  duties_[erase.id] = std::nullopt;
}

void PendingView::Set(const WriteFailover& write) {
  failovers_[write.failover.failover.id] = write.failover;
  if (write.failover.finished_number != 0) {
    finished_[write.failover.finished_number] = write.failover.failover.id;
  }
}

void PendingView::Set(const EraseFailover& erase) {
  failovers_[erase.failover.failover.id] = std::nullopt;
  if (erase.failover.finished_number != 0) {
    finished_[erase.failover.finished_number] = std::nullopt;
  }
}

absl::StatusOr<Counters> PendingView::ReadCounters() const {
  if (counters_.has_value()) return *counters_;
  return base_.ReadCounters();
}

Found<DocumentHead> PendingView::FindHead(std::string_view name) const {
  if (const auto* pending = Lookup(heads_, name)) return *pending;
  return base_.FindHead(name);
}

Found<DocumentRevision> PendingView::FindRevision(std::string_view name, Revision revision) const {
  if (const auto* pending = Lookup(revisions_, RevisionKey(name, revision))) return *pending;
  return base_.FindRevision(name, revision);
}

absl::StatusOr<Revision> PendingView::NextRevision(std::string_view name, Revision after) const {
  absl::StatusOr<Revision> next = base_.NextRevision(name, after);
  while (next.ok() && *next != 0 && revisions_.contains(RevisionKey(name, *next))) {
    // Only a trimmed one is both stored and pending.
    next = base_.NextRevision(name, *next);
  }
  if (!next.ok() || *next != 0) return next;
  for (auto it = revisions_.upper_bound(RevisionKey(name, after));
       it != revisions_.end() && it->first.first == name; ++it) {
    if (it->second.has_value()) return it->first.second;
  }
  return 0;
}

Found<RememberedRequest> PendingView::FindRequest(std::string_view id) const {
  if (const auto* pending = Lookup(requests_, id)) return *pending;
  return base_.FindRequest(id);
}

Found<std::string> PendingView::FindRequestId(uint64_t number) const {
  if (const auto* pending = Lookup(request_ids_, number)) return *pending;
  return base_.FindRequestId(number);
}

Found<StoredStation> PendingView::FindStation(std::string_view id) const {
  if (const auto* pending = Lookup(stations_, id)) return *pending;
  return base_.FindStation(id);
}

Found<Duty> PendingView::FindDuty(std::string_view id) const {
  if (const auto* pending = Lookup(duties_, id)) return *pending;
  return base_.FindDuty(id);
}

Found<std::string> PendingView::FindDutyOfStation(std::string_view station_id) const {
  if (const auto* pending = Lookup(duty_of_station_, station_id)) return *pending;
  return base_.FindDutyOfStation(station_id);
}

Found<StoredFailover> PendingView::FindFailover(std::string_view id) const {
  if (const auto* pending = Lookup(failovers_, id)) return *pending;
  return base_.FindFailover(id);
}

Found<std::string> PendingView::FindFinishedFailover(uint64_t number) const {
  if (const auto* pending = Lookup(finished_, number)) return *pending;
  return base_.FindFinishedFailover(number);
}

}  // namespace understudy::config_vault
