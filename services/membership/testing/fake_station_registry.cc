#include "services/membership/testing/fake_station_registry.h"

#include <utility>

namespace understudy::membership {

void FakeStationRegistry::Put(const StationRecord& record, uint64_t epoch, DoneCallback done) {
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    ++puts_;
    last_epoch_ = epoch;
    if (hold_) {
      held_.push_back({.record = record, .done = std::move(done)});
      return;
    }
    status = failure_;
    if (status.ok()) records_[record.id] = record;
  }
  done(status);
}

void FakeStationRegistry::Remove(const std::string& station_id, uint64_t epoch, DoneCallback done) {
  {
    absl::MutexLock lock(&mutex_);
    records_.erase(station_id);
  }
  done(absl::OkStatus());
}

void FakeStationRegistry::List(ListCallback done) {
  absl::StatusOr<std::vector<StationRecord>> result = std::vector<StationRecord>();
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, record] : records_) result->push_back(record);
    if (!failure_.ok()) result = failure_;
  }
  done(std::move(result));
}

void FakeStationRegistry::WatchRole(RoleCallback on_change, DoneCallback ended) {
  RoleChange role;
  {
    absl::MutexLock lock(&mutex_);
    role = role_;
  }
  if (role.role == Role::kUnknown) return ended(absl::UnavailableError("no vault"));
  on_change(role);
  absl::MutexLock lock(&mutex_);
  on_role_ = std::move(on_change);
  role_ended_ = std::move(ended);
}

void FakeStationRegistry::Stop() {
  while (held() > 0) AnswerOne(absl::CancelledError("stopped"));
}

void FakeStationRegistry::Add(const StationRecord& record) {
  absl::MutexLock lock(&mutex_);
  records_[record.id] = record;
}

void FakeStationRegistry::SetRole(RoleChange change) {
  DoneCallback ended;
  {
    absl::MutexLock lock(&mutex_);
    role_ = change;
    if (change.role != Role::kUnknown) {
      if (on_role_) on_role_(change);
      return;
    }
    on_role_ = nullptr;
    ended = std::move(role_ended_);
  }
  if (ended) ended(absl::UnavailableError("no vault"));
}

void FakeStationRegistry::FailWith(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  failure_ = status;
}

void FakeStationRegistry::HoldPuts() {
  absl::MutexLock lock(&mutex_);
  hold_ = true;
}

void FakeStationRegistry::AnswerOne(const absl::Status& status) {
  HeldPut put;
  {
    absl::MutexLock lock(&mutex_);
    put = std::move(held_.front());
    held_.pop_front();
    if (status.ok()) records_[put.record.id] = put.record;
  }
  put.done(status);
}

std::optional<StationRecord> FakeStationRegistry::Find(const std::string& station_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = records_.find(station_id);
  return found == records_.end() ? std::nullopt : std::optional(found->second);
}

size_t FakeStationRegistry::puts() const {
  absl::MutexLock lock(&mutex_);
  return puts_;
}

size_t FakeStationRegistry::held() const {
  absl::MutexLock lock(&mutex_);
  return held_.size();
}

uint64_t FakeStationRegistry::last_epoch() const {
  absl::MutexLock lock(&mutex_);
  return last_epoch_;
}

}  // namespace understudy::membership
