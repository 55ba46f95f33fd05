#include "services/failover_orchestrator/station_table.h"

#include <algorithm>
#include <utility>

namespace understudy::failover_orchestrator {
namespace {

bool IsGone(const Member& member) {
  return member.state == MemberState::kFailed || member.state == MemberState::kLeft;
}

bool SameVerdict(const Member& a, const Member& b) {
  return a.state == b.state && a.verdict == b.verdict && a.verdict_at == b.verdict_at;
}

// The verdict was reached no later than now, so the station was last heard no later than this.
SteadyTime LastHeard(const Member& member, Instant now) {
  if (member.state != MemberState::kFailed) return now.steady;
  return now.steady - std::max(member.evidence.silent_for, absl::ZeroDuration());
}

}  // namespace

bool Station::IsSilent() const {
  if (!member.has_value() || member->state == MemberState::kLeft) return true;
  return member->state == MemberState::kFailed && member->verdict != Verdict::kSelfReported;
}

bool Station::HasUnansweredStandDown() const {
  return std::any_of(stand_downs.begin(), stand_downs.end(),
                     [](const auto& entry) { return !entry.second.answered; });
}

bool Station::IsSpare() const {
  return attached && IsAlive() && member->kind == StationKind::kBackup && !member->has_faults &&
         member->duty_id.empty() && holding_duty.empty() && assigned_duty.empty() &&
         claimed_duty.empty() && !HasUnansweredStandDown();
}

std::set<std::string> Station::DutiesItClaims() const {
  std::set<std::string> duties;
  if (!holding_duty.empty()) duties.insert(holding_duty);
  if (!IsAlive()) return duties;
  if (!member->duty_id.empty()) duties.insert(member->duty_id);
  if (member->kind == StationKind::kDeployment && member->declared_duty.has_value()) {
    duties.insert(member->declared_duty->id);
  }
  return duties;
}

bool Station::Says(std::string_view duty_id) const {
  return DutiesItClaims().contains(std::string(duty_id));
}

std::set<std::string> StationTable::TakeSnapshot(std::vector<Member> members, Instant now) {
  std::set<std::string> changed;
  std::set<std::string> present;
  for (Member& member : members) {
    present.insert(member.station_id);
    changed.insert(member.station_id);
    TakeMember(std::move(member), now);
  }
  for (auto& [id, station] : stations_) {
    if (present.contains(id) || !station.member.has_value()) continue;
    station.member.reset();
    station.last_heard = now.steady;
    changed.insert(id);
  }
  return changed;
}

void StationTable::TakeMember(Member member, Instant now) {
  Station& station = At(member.station_id);
  const bool known_verdict = station.member.has_value() && SameVerdict(*station.member, member);
  if (IsGone(member) && !known_verdict) station.last_heard = LastHeard(member, now);
  station.member = std::move(member);
}

void StationTable::Attach(std::string_view station_id, Greeting greeting) {
  Station& station = At(station_id);
  ++station.attachment;
  station.attached = true;
  station.greeted = false;
  station.holding_duty = std::move(greeting.holding_duty);
  station.holding_sha256 = std::move(greeting.holding_sha256);
  station.copies = std::move(greeting.staged);
  // It says so again, whatever it answered before.
  const auto found = station.stand_downs.find(station.holding_duty);
  if (found == station.stand_downs.end()) return;
  found->second.answered = false;
  found->second.sent_on = 0;
}

void StationTable::Detach(std::string_view station_id) {
  if (Station* station = Find(station_id)) station->attached = false;
}

bool StationTable::RequireStandDown(std::string_view station_id, std::string_view duty_id,
                                    uint64_t number, std::string_view reason) {
  StandDownState& state = At(station_id).stand_downs[std::string(duty_id)];
  if (state.number >= number) return false;
  state = StandDownState{number, false, 0, std::string(reason)};
  return true;
}

void StationTable::TakeStoodDown(std::string_view station_id, std::string_view duty_id,
                                 uint64_t number) {
  Station* station = Find(station_id);
  if (station == nullptr) return;
  if (station->holding_duty == duty_id) station->holding_duty.clear();
  const auto found = station->stand_downs.find(std::string(duty_id));
  if (found != station->stand_downs.end() && number >= found->second.number) {
    found->second.answered = true;
  }
}

Station& StationTable::At(std::string_view station_id) {
  const auto found = stations_.find(station_id);
  if (found != stations_.end()) return found->second;
  return stations_.emplace(std::string(station_id), Station()).first->second;
}

const Station* StationTable::Find(std::string_view station_id) const {
  const auto found = stations_.find(station_id);
  return found == stations_.end() ? nullptr : &found->second;
}

Station* StationTable::Find(std::string_view station_id) {
  const auto found = stations_.find(station_id);
  return found == stations_.end() ? nullptr : &found->second;
}

bool StationTable::RefreshSpare(const std::string& station_id) {
  const Station* station = Find(station_id);
  const bool is_spare = station != nullptr && station->IsSpare();
  return is_spare ? spares_.insert(station_id).second : spares_.erase(station_id) != 0;
}

bool StationTable::AllBackupsAttached() const {
  return std::all_of(stations_.begin(), stations_.end(), [](const auto& entry) {
    const Station& station = entry.second;
    return station.attached || !station.IsAlive() || station.member->kind != StationKind::kBackup;
  });
}

size_t StationTable::attached_count() const {
  return static_cast<size_t>(std::count_if(
      stations_.begin(), stations_.end(), [](const auto& entry) { return entry.second.attached; }));
}

}  // namespace understudy::failover_orchestrator
