#include "services/failover_orchestrator/collection_planner.h"

#include <algorithm>

namespace understudy::failover_orchestrator {

void CollectionPlanner::Wait(Entry& entry, SteadyTime now) {
  entry.state = Entry::State::kWaiting;
  entry.changed_again = false;
  if (!round_at_.has_value()) round_at_ = now + policy_.interval;
}

void CollectionPlanner::OnChanged(const std::string& station_id, const std::string& duty_id,
                                  SteadyTime now) {
  const auto [found, is_new] = entries_.try_emplace(station_id);
  Entry& entry = found->second;
  entry.duty_id = duty_id;
  if (is_new) return Wait(entry, now);
  if (entry.state == Entry::State::kUnderWay) entry.changed_again = true;
}

bool CollectionPlanner::OnAnswered(const std::string& station_id, bool done, SteadyTime now) {
  const auto found = entries_.find(station_id);
  if (found == entries_.end() || found->second.state != Entry::State::kUnderWay) return false;
  Entry& entry = found->second;
  deadlines_.erase({entry.at, station_id});
  if (done && !entry.changed_again) {
    entries_.erase(found);
  } else {
    Wait(entry, now);
  }
  return true;
}

void CollectionPlanner::OnDetached(const std::string& station_id) {
  const auto found = entries_.find(station_id);
  if (found == entries_.end()) return;
  queue_.erase({found->second.at, station_id});
  deadlines_.erase({found->second.at, station_id});
  entries_.erase(found);
  if (entries_.empty()) round_at_.reset();
}

void CollectionPlanner::Expire(SteadyTime now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Wait(entries_.at(deadlines_.begin()->second), now);
    deadlines_.erase(deadlines_.begin());
    ++timed_out_;
  }
}

void CollectionPlanner::BeginRound(SteadyTime now) {
  if (!round_at_.has_value() || now < *round_at_) return;
  round_at_.reset();
  for (auto& [station_id, entry] : entries_) {
    if (entry.state != Entry::State::kWaiting) continue;
    entry.state = Entry::State::kQueued;
    entry.at = now + random_.Between(absl::ZeroDuration(), policy_.jitter);
    queue_.insert({entry.at, station_id});
  }
}

std::vector<CollectionPlanner::Collection> CollectionPlanner::TakeDue(SteadyTime now) {
  Expire(now);
  BeginRound(now);
  std::vector<Collection> due;
  while (!queue_.empty() && queue_.begin()->first <= now &&
         deadlines_.size() < policy_.max_under_way) {
    const std::string station_id = queue_.begin()->second;
    queue_.erase(queue_.begin());
    Entry& entry = entries_.at(station_id);
    entry.state = Entry::State::kUnderWay;
    entry.at = now + policy_.answer_timeout;
    deadlines_.insert({entry.at, station_id});
    due.push_back({station_id, entry.duty_id});
  }
  return due;
}

SteadyTime CollectionPlanner::NextAt() const {
  SteadyTime next = round_at_.value_or(SteadyTime::Infinite());
  if (!deadlines_.empty()) next = std::min(next, deadlines_.begin()->first);
  const bool is_free = deadlines_.size() < policy_.max_under_way;
  if (is_free && !queue_.empty()) next = std::min(next, queue_.begin()->first);
  return next;
}

}  // namespace understudy::failover_orchestrator
