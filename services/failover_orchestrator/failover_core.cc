#include "services/failover_orchestrator/failover_core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

// Inputs, and the order in which their consequences are worked out.
namespace understudy::failover_orchestrator {
namespace {

// Duties looked at in one slice of background work.
constexpr size_t kStagingSlice = 64;
// A consequence of a consequence of ... ; what is left over is done by the next Flush.
constexpr int kMaxRounds = 16;

}  // namespace

FailoverCore::FailoverCore(FailoverPolicy policy, Random& random)
    : policy_(policy), random_(random), staging_(policy.staging) {}

bool FailoverCore::Ready() const {
  return epoch_.has_value() && registry_loaded_ && membership_known_ && documents_synced_;
}

DutyState* FailoverCore::FindDuty(const std::string& duty_id) {
  const auto found = duties_.find(duty_id);
  return found == duties_.end() ? nullptr : &found->second;
}

DocumentState FailoverCore::DocumentOf(const std::string& duty_id) const {
  const auto found = documents_.find(duty_id);
  return found == documents_.end() ? DocumentState() : found->second;
}

void FailoverCore::Say(Report::Level level, std::string text) {
  actions_.push_back(Report{level, std::move(text)});
}

void FailoverCore::OnDocument(const std::string& duty_id, DocumentState document, Instant now) {
  now_ = now;
  match_wanted_ = true;
  if (document.revision == 0) {
    documents_.erase(duty_id);
  } else {
    documents_[duty_id] = std::move(document);
  }
  if (const DutyState* state = FindDuty(duty_id)) {
    NoteUpload(*state);
    RefreshStagingDuty(*state);
  }
  TouchDuty(duty_id);
}

void FailoverCore::OnDocumentsSynced(Instant now) {
  now_ = now;
  documents_synced_ = true;
}

void FailoverCore::OnMembershipSnapshot(std::vector<Member> members, Instant now) {
  now_ = now;
  membership_known_ = true;
  for (const std::string& station_id : stations_.TakeSnapshot(std::move(members), now)) {
    const Station& station = *stations_.Find(station_id);
    TouchStation(station_id);
    if (!station.assigned_duty.empty()) TouchDuty(station.assigned_duty);
    if (!station.claimed_duty.empty()) TouchDuty(station.claimed_duty);
    if (station.member.has_value()) TouchMember(*station.member);
  }
}

void FailoverCore::OnMembershipLost(Instant now) {
  now_ = now;
  membership_known_ = false;
  // Stations have to find this root first.
  grace_until_.reset();
}

void FailoverCore::OnMemberChanged(ChangeReason reason, Member member, Instant now) {
  now_ = now;
  const std::string station_id = member.station_id;
  stations_.TakeMember(std::move(member), now);
  const Station& station = *stations_.Find(station_id);
  if (reason == ChangeReason::kJoined && station.member->declared_duty.has_value()) {
    creations_.erase(station.member->declared_duty->id);
  }
  TouchStation(station_id);
  if (!station.assigned_duty.empty()) TouchDuty(station.assigned_duty);
  if (!station.claimed_duty.empty()) TouchDuty(station.claimed_duty);
  TouchMember(*station.member);
}

// A station that is back may hold again what it declares or says that it runs.
void FailoverCore::TouchMember(const Member& member) {
  if (!member.duty_id.empty()) TouchDuty(member.duty_id);
  if (!member.declared_duty.has_value()) return;
  const std::string& duty_id = member.declared_duty->id;
  TouchDuty(duty_id);
  const bool carries =
      member.state == MemberState::kAlive && member.kind == StationKind::kDeployment;
  if (!carries || duties_.contains(duty_id)) return;
  creations_.try_emplace(duty_id).first->second.station_id = member.station_id;
}

void FailoverCore::OnAttached(const std::string& station_id, Greeting greeting, Instant now) {
  now_ = now;
  stations_.Attach(station_id, std::move(greeting));
  staging_.OnAttached(station_id);
  TouchStation(station_id);
  const Station& station = *stations_.Find(station_id);
  for (const std::string& duty_id : station.DutiesItClaims()) TouchDuty(duty_id);
  if (!station.claimed_duty.empty()) TouchDuty(station.claimed_duty);
}

void FailoverCore::OnDetached(const std::string& station_id, Instant now) {
  now_ = now;
  stations_.Detach(station_id);
  TouchStation(station_id);
}

void FailoverCore::OnStaged(const std::string& station_id, const std::string& duty_id,
                            const StagedCopy& copy, std::string_view error, Instant now) {
  now_ = now;
  if (staging_.OnStaged(stations_, station_id, duty_id, copy, now.steady)) return;
  Say(Report::Level::kWarning,
      absl::StrCat("station ", station_id, " did not stage the document of duty ", duty_id,
                   " as asked: ", error.empty() ? "it keeps another content" : std::string(error)));
}

std::vector<Action> FailoverCore::Flush(Instant now) {
  now_ = now;
  for (const std::string& duty_id : active_) TouchDuty(duty_id);
  AskForRegistry();
  if (Ready()) {
    if (!grace_until_.has_value()) grace_until_ = now.steady + policy_.attach_grace;
    CreateDeclaredDuties();
    Settle();
    StepRehearsals();
  }
  return std::exchange(actions_, {});
}

void FailoverCore::Settle() {
  for (int round = 0; round < kMaxRounds; ++round) {
    for (const std::string& duty_id : std::exchange(dirty_duties_, {})) {
      if (DutyState* state = FindDuty(duty_id)) StepDuty(*state);
    }
    for (const std::string& id : std::exchange(dirty_stations_, {})) StepStation(id);
    MatchDeciding();
    if (dirty_duties_.empty() && dirty_stations_.empty()) return;
  }
}

std::vector<Action> FailoverCore::FlushBackground(Instant now) {
  now_ = now;
  staging_.OnTick(now.steady);
  return staging_.Plan(stations_, kStagingSlice, now.steady);
}

SteadyTime FailoverCore::NextBackgroundDeadline() const {
  return Ready() ? staging_.NextDeadline() : SteadyTime::Infinite();
}

SteadyTime FailoverCore::NextDeadline() const {
  SteadyTime next = SteadyTime::Infinite();
  if (reload_wanted_ && !loading_ && epoch_.has_value()) next = std::min(next, reload_at_);
  const auto later = [&](SteadyTime time) {
    if (time > now_.steady) next = std::min(next, time);
  };
  for (const auto& [station_id, rehearsal] : rehearsals_) later(rehearsal.next);
  for (const auto& [duty_id, creation] : creations_) later(creation.retry_at);
  if (grace_until_.has_value() && !active_.empty()) later(*grace_until_);
  for (const std::string& duty_id : active_) {
    const auto found = duties_.find(duty_id);
    if (found == duties_.end()) continue;
    later(found->second.retry_at);
    later(found->second.update.until);
    if (!found->second.failover.has_value()) continue;
    later(found->second.failover->give_up);
    later(found->second.failover->fence_until);
    for (const auto& [station, abandoned] : found->second.failover->abandoned) {
      later(abandoned.again);
    }
  }
  return next;
}

size_t FailoverCore::waiting_count() const {
  return static_cast<size_t>(
      std::count_if(active_.begin(), active_.end(), [this](const std::string& duty_id) {
        const auto found = duties_.find(duty_id);
        return found != duties_.end() && found->second.failover.has_value() &&
               found->second.failover->record.state == FailoverState::kWaiting;
      }));
}

std::vector<FailoverRecord> FailoverCore::UnfinishedFailovers() const {
  std::vector<FailoverRecord> records;
  for (const std::string& duty_id : active_) {
    const auto found = duties_.find(duty_id);
    if (found == duties_.end() || !found->second.failover.has_value()) continue;
    if (found->second.failover->record.state == FailoverState::kUnspecified) continue;
    records.push_back(found->second.failover->record);
  }
  return records;
}

}  // namespace understudy::failover_orchestrator
