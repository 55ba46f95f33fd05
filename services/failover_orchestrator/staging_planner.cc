#include "services/failover_orchestrator/staging_planner.h"

#include <algorithm>
#include <tuple>

namespace understudy::failover_orchestrator {
namespace {

bool IsLatest(const StagedCopy& copy, const DocumentState& latest) {
  return latest.revision != 0 && copy.revision == latest.revision && copy.sha256 == latest.sha256;
}

}  // namespace

void StagingPlanner::SetDuty(const std::string& duty_id, StagingDuty duty) {
  duties_[duty_id].duty = std::move(duty);
  dirty_duties_.insert(duty_id);
}

void StagingPlanner::RemoveDuty(const std::string& duty_id) {
  const auto found = duties_.find(duty_id);
  if (found == duties_.end()) return;
  for (const RankedSpare& spare : found->second.ranking) {
    depots_[spare.station_id].wanted.erase(duty_id);
    dirty_stations_.insert(spare.station_id);
  }
  duties_.erase(found);
  dirty_duties_.erase(duty_id);
}

void StagingPlanner::OnSpareChanged(const std::string& station_id, bool is_spare) {
  dirty_stations_.insert(station_id);
  if (!is_spare) {
    const std::set<std::string>& wanted = depots_[station_id].wanted;
    dirty_duties_.insert(wanted.begin(), wanted.end());
    return;
  }
  // It may be among the best for any duty.
  for (const auto& [duty_id, planned] : duties_) dirty_duties_.insert(duty_id);
}

void StagingPlanner::OnAttached(const std::string& station_id) {
  Depot& depot = depots_[station_id];
  depot.unanswered.clear();
  depot.retry_at.clear();
  dirty_stations_.insert(station_id);
}

bool StagingPlanner::OnStaged(StationTable& stations, const std::string& station_id,
                              const std::string& duty_id, const StagedCopy& copy, SteadyTime now) {
  Depot& depot = depots_[station_id];
  depot.unanswered.erase(duty_id);
  dirty_stations_.insert(station_id);
  Station& station = stations.At(station_id);
  if (copy.sha256.empty()) {
    station.copies.erase(duty_id);
  } else {
    station.copies[duty_id] = copy;
  }
  const auto found = duties_.find(duty_id);
  if (found == duties_.end()) return false;
  const DocumentState& latest = found->second.duty.latest;
  // An answer for an earlier revision is no failure: the later one is asked for at once.
  const bool outdated = copy.revision != 0 && copy.revision < latest.revision;
  if (IsLatest(copy, latest) || outdated) return true;
  depot.retry_at[duty_id] = now + policy_.retry;
  return false;
}

void StagingPlanner::OnTick(SteadyTime now) {
  for (auto& [station_id, depot] : depots_) {
    const auto due = [now](const auto& entry) { return entry.second <= now; };
    const size_t dropped =
        std::erase_if(depot.unanswered, due) + std::erase_if(depot.retry_at, due);
    if (dropped != 0) dirty_stations_.insert(station_id);
  }
}

std::vector<Action> StagingPlanner::Plan(StationTable& stations, size_t budget, SteadyTime now) {
  std::vector<Action> actions;
  for (size_t i = 0; i < budget && !dirty_duties_.empty(); ++i) {
    const std::string duty_id = *dirty_duties_.begin();
    dirty_duties_.erase(dirty_duties_.begin());
    const auto found = duties_.find(duty_id);
    if (found != duties_.end()) Rank(duty_id, found->second, stations);
  }
  // Not before all ranks are known, so that nothing is removed only to be staged again.
  if (!dirty_duties_.empty()) return actions;
  for (const std::string& station_id : std::exchange(dirty_stations_, {})) {
    PlanStation(station_id, stations, now, actions);
  }
  return actions;
}

void StagingPlanner::Rank(const std::string& duty_id, Planned& planned,
                          const StationTable& stations) {
  for (const RankedSpare& spare : planned.ranking) {
    depots_[spare.station_id].wanted.erase(duty_id);
    dirty_stations_.insert(spare.station_id);
  }
  planned.ranking.clear();
  for (const std::string& station_id : stations.spares()) {
    const CapabilitySet& has = stations.Find(station_id)->member->capabilities;
    if (!has.Covers(planned.duty.needs)) continue;
    if (depots_[station_id].wanted.size() >= policy_.max_per_station) continue;
    planned.ranking.push_back({station_id, has.LeftOver(planned.duty.needs)});
  }
  std::sort(planned.ranking.begin(), planned.ranking.end(),
            [](const RankedSpare& a, const RankedSpare& b) {
              return std::tie(a.left_over, a.station_id) < std::tie(b.left_over, b.station_id);
            });
  if (policy_.spares_per_duty != 0 && planned.ranking.size() > policy_.spares_per_duty) {
    planned.ranking.resize(policy_.spares_per_duty);
  }
  for (const RankedSpare& spare : planned.ranking) {
    depots_[spare.station_id].wanted.insert(duty_id);
    dirty_stations_.insert(spare.station_id);
  }
}

void StagingPlanner::PlanStation(const std::string& station_id, StationTable& stations,
                                 SteadyTime now, std::vector<Action>& actions) {
  Station* station = stations.Find(station_id);
  // A station that is just taking a duty has better things to do.
  if (station == nullptr || !station->attached || !station->claimed_duty.empty()) return;
  Depot& depot = depots_[station_id];
  Unstage(station_id, *station, depot, actions);
  Stage(station_id, *station, depot, now, actions);
}

void StagingPlanner::Unstage(const std::string& station_id, Station& station, Depot& depot,
                             std::vector<Action>& actions) {
  for (auto copy = station.copies.begin(); copy != station.copies.end();) {
    const std::string& duty_id = copy->first;
    const bool own = duty_id == station.assigned_duty || duty_id == station.holding_duty;
    if (own || depot.wanted.contains(duty_id)) {
      ++copy;
      continue;
    }
    actions.push_back(SendUnstage{station_id, duty_id});
    copy = station.copies.erase(copy);
  }
}

void StagingPlanner::Stage(const std::string& station_id, const Station& station, Depot& depot,
                           SteadyTime now, std::vector<Action>& actions) {
  for (const std::string& duty_id : depot.wanted) {
    if (depot.unanswered.size() >= policy_.max_unanswered) return;
    if (depot.unanswered.contains(duty_id) || depot.retry_at.contains(duty_id)) continue;
    const StagingDuty& duty = duties_.at(duty_id).duty;
    if (duty.latest.revision == 0 || IsStaged(station, duty_id)) continue;
    depot.unanswered[duty_id] = now + policy_.answer_timeout;
    actions.push_back(
        SendStage{station_id, duty_id, duty.document, duty.latest.revision, duty.latest.sha256});
  }
}

SteadyTime StagingPlanner::NextDeadline() const {
  SteadyTime next = SteadyTime::Infinite();
  for (const auto& [station_id, depot] : depots_) {
    for (const auto& [duty_id, time] : depot.unanswered) next = std::min(next, time);
    for (const auto& [duty_id, time] : depot.retry_at) next = std::min(next, time);
  }
  return next;
}

std::vector<RankedSpare> StagingPlanner::RankingOf(const std::string& duty_id) const {
  const auto found = duties_.find(duty_id);
  return found == duties_.end() ? std::vector<RankedSpare>() : found->second.ranking;
}

bool StagingPlanner::IsStaged(const Station& station, const std::string& duty_id) const {
  const auto copy = station.copies.find(duty_id);
  const auto duty = duties_.find(duty_id);
  return copy != station.copies.end() && duty != duties_.end() &&
         IsLatest(copy->second, duty->second.duty.latest);
}

size_t StagingPlanner::MissingCopies(const StationTable& stations,
                                     const std::string& duty_id) const {
  size_t missing = 0;
  for (const RankedSpare& spare : RankingOf(duty_id)) {
    const Station* station = stations.Find(spare.station_id);
    if (station == nullptr || !IsStaged(*station, duty_id)) ++missing;
  }
  return missing;
}

size_t StagingPlanner::StagedCopies(const StationTable& stations) const {
  size_t staged = 0;
  for (const auto& [station_id, depot] : depots_) {
    const Station* station = stations.Find(station_id);
    if (station == nullptr) continue;
    for (const std::string& duty_id : depot.wanted) staged += IsStaged(*station, duty_id) ? 1 : 0;
  }
  return staged;
}

}  // namespace understudy::failover_orchestrator
