#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/failover_orchestrator/failover_core.h"

// What the vault knows: loading it, following it, and writes that it did not take.
namespace understudy::failover_orchestrator {

void FailoverCore::OnRole(std::optional<uint64_t> epoch, Instant now) {
  now_ = now;
  if (epoch == epoch_) return;
  epoch_ = epoch;
  registry_loaded_ = false;
  if (!epoch.has_value()) {
    Say(Report::Level::kWarning, "config-vault is not root here, or not reachable: not acting");
    return;
  }
  Say(Report::Level::kInfo, absl::StrCat("acting under epoch ", *epoch));
  failed_loads_ = 0;
  reign_began_ = now.steady;
  RequestReload(now);
}

void FailoverCore::RequestReload(Instant now) {
  if (!reload_wanted_) reload_at_ = now.steady;
  reload_wanted_ = true;
}

void FailoverCore::AskForRegistry() {
  if (!reload_wanted_ || loading_ || !epoch_.has_value() || now_.steady < reload_at_) return;
  reload_wanted_ = false;
  loading_ = true;
  ++load_;
  load_epoch_ = *epoch_;
  actions_.push_back(LoadRegistry());
}

void FailoverCore::OnRegistryLoadFailed(std::string_view why, Instant now) {
  now_ = now;
  loading_ = false;
  ++failed_loads_;
  reload_wanted_ = true;
  reload_at_ = now.steady + Backoff(failed_loads_);
  Say(Report::Level::kWarning, absl::StrCat("cannot read the registry: ", std::string(why)));
}

void FailoverCore::OnRegistryLoaded(std::vector<Duty> duties,
                                    const std::vector<FailoverRecord>& unfinished, Instant now) {
  now_ = now;
  loading_ = false;
  failed_loads_ = 0;
  // Another root may have written meanwhile.
  if (epoch_ != load_epoch_) return RequestReload(now);
  registry_loaded_ = true;
  match_wanted_ = true;
  // Of two unfinished failovers of one duty the later one counts.
  std::map<std::string, const FailoverRecord*> by_duty;
  for (const FailoverRecord& record : unfinished) {
    const FailoverRecord*& known = by_duty[record.duty_id];
    if (known == nullptr || known->assignment_number < record.assignment_number) known = &record;
  }
  std::set<std::string> present;
  for (Duty& duty : duties) {
    present.insert(duty.id);
    const auto record = by_duty.find(duty.id);
    MergeDuty(std::move(duty), record == by_duty.end() ? nullptr : record->second);
  }
  ForgetMissingDuties(present);
  for (const auto& [station_id, station] : stations_.all()) {
    TouchStation(station_id);
    if (station.member.has_value()) TouchMember(*station.member);
  }
}

void FailoverCore::MergeDuty(Duty duty, const FailoverRecord* unfinished) {
  creations_.erase(duty.id);
  DutyState& state = duties_[duty.id];
  if (IsNewerThanLoad(state)) {
    if (state.needs_reload) RequestReload(now_);
    return;
  }
  state.needs_reload = false;
  TouchDuty(duty.id);
  const bool same = state.duty.assignment.number == duty.assignment.number &&
                    state.duty.assignment.station_id == duty.assignment.station_id;
  if (!same || !KnowsFailover(state, unfinished)) {
    return Adopt(state, std::move(duty), unfinished);
  }
  const bool waits = unfinished != nullptr && unfinished->state == FailoverState::kWaiting;
  if (waits && state.failover.has_value()) state.failover->waiting_recorded = true;
}

// Another root may have begun or ended a failover under the same assignment while this one was a
// sentinel, and the answer to a record may have been lost.
bool FailoverCore::KnowsFailover(const DutyState& state, const FailoverRecord* unfinished) const {
  if (unfinished == nullptr) {
    const bool recorded = state.failover.has_value() &&
                          (state.failover->waiting_recorded ||
                           state.failover->record.state == FailoverState::kClaimed);
    return !recorded;
  }
  return (state.failover.has_value() && state.failover->record.id == unfinished->id) ||
         (state.confirm_failover.has_value() && state.confirm_failover->id == unfinished->id);
}

// Written since the load began: what was read may be older, and the write's answer tells anyway.
bool FailoverCore::IsNewerThanLoad(const DutyState& state) const {
  return state.writing != DutyState::Write::kNone || state.written_in_load >= load_;
}

// The vault's word replaces what was thought.
void FailoverCore::Adopt(DutyState& state, Duty duty, const FailoverRecord* unfinished) {
  const uint64_t drill = state.failover.has_value() ? state.failover->drill : state.confirm_drill;
  ReleaseDuty(state);
  state.duty = std::move(duty);
  SetAssignedStation(state, Assignment(state.duty.assignment));
  state.confirm = false;
  state.confirm_failover.reset();
  state.confirm_drill = 0;
  state.failover.reset();
  RefreshStagingDuty(state);
  if (unfinished != nullptr) {
    ResumeFailover(state, *unfinished);
    state.failover->drill = drill;
  } else if (drill != 0) {
    AnswerNoBackup(state, drill);
  }
}

void FailoverCore::ResumeFailover(DutyState& state, const FailoverRecord& record) {
  const Assignment& assignment = state.duty.assignment;
  ActiveFailover& failover = state.failover.emplace();
  failover.record = record;
  active_.insert(state.duty.id);
  const absl::Duration age = record.verdict_at.has_value()
                                 ? std::max(now_.wall - *record.verdict_at, absl::ZeroDuration())
                                 : absl::ZeroDuration();
  failover.verdict = now_.steady - age;
  failover.may_run.insert(record.abandoned_stations.begin(), record.abandoned_stations.end());
  if (!record.from_station.empty()) failover.may_run.insert(record.from_station);
  failover.may_run.erase(assignment.station_id);
  const bool claimed = record.state == FailoverState::kClaimed && !assignment.station_id.empty() &&
                       assignment.station_id == record.to_station;
  if (claimed) {
    failover.phase = ActiveFailover::Phase::kFencing;
    failover.claimed = now_.steady;
    failover.give_up = now_.steady + policy_.attach_grace + policy_.accept_timeout;
    stations_.At(record.to_station).claimed_duty = state.duty.id;
  } else {
    failover.record.to_station.clear();
    failover.record.state = FailoverState::kWaiting;
    failover.waiting_recorded = record.state == FailoverState::kWaiting;
  }
  // Where it waits and has not been claimed since, the old station may come back and hold it.
  if (claimed || assignment.station_id != record.from_station) StandDownFormerHolders(state);
}

// Removed behind our back.
void FailoverCore::ForgetMissingDuties(const std::set<std::string>& present) {
  for (auto entry = duties_.begin(); entry != duties_.end();) {
    DutyState& state = entry->second;
    if (present.contains(entry->first) || IsNewerThanLoad(state)) {
      ++entry;
      continue;
    }
    const uint64_t drill = state.failover.has_value() ? state.failover->drill : state.confirm_drill;
    if (drill != 0) AnswerNoBackup(state, drill);
    ReleaseDuty(state);
    staging_.RemoveDuty(entry->first);
    active_.erase(entry->first);
    entry = duties_.erase(entry);
  }
}

// No station is bound to the duty any more.
void FailoverCore::ReleaseDuty(DutyState& state) {
  ReleaseTarget(state);
  Station* holder = stations_.Find(state.duty.assignment.station_id);
  if (holder == nullptr || holder->assigned_duty != state.duty.id) return;
  holder->assigned_duty.clear();
  TouchStation(state.duty.assignment.station_id);
}

// The station that the failover was to go to is free again.
void FailoverCore::ReleaseTarget(DutyState& state) {
  if (!state.failover.has_value()) return;
  const std::string station_id = std::exchange(state.failover->record.to_station, "");
  Station* target = stations_.Find(station_id);
  if (target == nullptr || target->claimed_duty != state.duty.id) return;
  target->claimed_duty.clear();
  TouchStation(station_id);
}

void FailoverCore::SetAssignedStation(DutyState& state, const Assignment& assignment) {
  const std::string before = state.duty.assignment.station_id;
  if (Station* station = before.empty() ? nullptr : stations_.Find(before)) {
    if (station->assigned_duty == state.duty.id) station->assigned_duty.clear();
    TouchStation(before);
  }
  state.duty.assignment = assignment;
  if (assignment.station_id.empty()) return;
  Station& station = stations_.At(assignment.station_id);
  station.assigned_duty = state.duty.id;
  station.stand_downs.erase(state.duty.id);
  TouchStation(assignment.station_id);
}

void FailoverCore::RefreshStagingDuty(const DutyState& state) {
  staging_.SetDuty(state.duty.id,
                   StagingDuty{state.duty.document, state.duty.needs, DocumentOf(state.duty.id)});
}

void FailoverCore::CreateDeclaredDuties() {
  for (auto& [duty_id, creation] : creations_) {
    if (creation.refused || creation.token != 0 || now_.steady < creation.retry_at) continue;
    SendCreate(duty_id, creation);
  }
}

void FailoverCore::SendCreate(const std::string& duty_id, Creation& creation) {
  const Station* station = stations_.Find(creation.station_id);
  if (station == nullptr || !station->IsAlive() || !station->member->declared_duty.has_value()) {
    return;
  }
  const DutyDeclaration& declared = *station->member->declared_duty;
  if (declared.id != duty_id || station->member->kind != StationKind::kDeployment) return;
  creation.token = ++last_token_;
  tokens_[creation.token] = duty_id;
  Duty duty{duty_id, declared.needs, declared.fencing, "duties/" + duty_id, {}};
  duty.assignment.duty_id = duty_id;
  duty.assignment.station_id = creation.station_id;
  // It brought the duty along: it runs there already.
  duty.assignment.running = true;
  creation.duty = duty;
  actions_.push_back(CreateDuty{creation.token, std::move(duty), *epoch_});
}

void FailoverCore::OnCreateDone(const std::string& duty_id, const WriteResult& result) {
  const auto found = creations_.find(duty_id);
  if (found == creations_.end()) {
    // The station joined again meanwhile; the vault may know the duty now.
    RequestReload(now_);
    return;
  }
  Creation& creation = found->second;
  creation.token = 0;
  if (result.code != WriteCode::kOk) {
    Say(Report::Level::kWarning, absl::StrCat("duty ", duty_id, " of station ", creation.station_id,
                                              " was not created: ", result.message));
    creation.refused = result.code == WriteCode::kRejected;
    creation.retry_at = now_.steady + Backoff(++creation.failed_writes);
    if (result.code == WriteCode::kConflict) RequestReload(now_);
    return;
  }
  DutyState& state = duties_[duty_id];
  state.duty = std::move(creation.duty);
  state.written_in_load = load_;
  creations_.erase(found);
  SetAssignedStation(state, result.assignment.value_or(state.duty.assignment));
  RefreshStagingDuty(state);
  TouchDuty(duty_id);
  Say(Report::Level::kInfo, absl::StrCat("duty ", duty_id, " of station ",
                                         state.duty.assignment.station_id, " is recorded"));
}

uint64_t FailoverCore::BeginWrite(DutyState& state, DutyState::Write write) {
  state.writing = write;
  state.written_in_load = load_;
  state.token = ++last_token_;
  tokens_[state.token] = state.duty.id;
  active_.insert(state.duty.id);
  return state.token;
}

bool FailoverCore::MayWrite(const DutyState& state) const {
  return state.writing == DutyState::Write::kNone && !state.needs_reload &&
         now_.steady >= state.retry_at;
}

void FailoverCore::OnWriteDone(uint64_t token, const WriteResult& result, Instant now) {
  now_ = now;
  match_wanted_ = true;
  const auto found = tokens_.find(token);
  if (found == tokens_.end()) return;
  const std::string duty_id = found->second;
  tokens_.erase(found);
  DutyState* state = FindDuty(duty_id);
  if (state == nullptr || state->token != token) {
    OnCreateDone(duty_id, result);
    return;
  }
  const DutyState::Write write = std::exchange(state->writing, DutyState::Write::kNone);
  state->written_in_load = load_;
  TouchDuty(duty_id);
  if (result.code != WriteCode::kOk) return OnWriteFailed(*state, write, result);
  state->failed_writes = 0;
  switch (write) {
    case DutyState::Write::kClaim:
      return OnClaimed(*state, result.assignment.value_or(state->duty.assignment));
    case DutyState::Write::kConfirm:
      return OnConfirmed(*state);
    case DutyState::Write::kRecord:
      return OnWaitingRecorded(*state);
    case DutyState::Write::kNone:
      return;
  }
}

void FailoverCore::OnWriteFailed(DutyState& state, DutyState::Write write,
                                 const WriteResult& result) {
  Say(Report::Level::kWarning, absl::StrCat("config-vault did not take a write about duty ",
                                            state.duty.id, ": ", result.message));
  const absl::Duration backoff = Backoff(++state.failed_writes);
  state.retry_at = now_.steady + backoff;
  // Whether it was done is open, or our view is old: look before the next step.
  state.needs_reload = true;
  if (!reload_wanted_) reload_at_ = now_.steady + backoff;
  reload_wanted_ = true;
  if (result.code == WriteCode::kConflict && state.failed_writes == 1) {
    state.retry_at = reload_at_ = now_.steady;
  }
  if (write != DutyState::Write::kClaim || !state.failover.has_value()) return;
  state.failover->phase = ActiveFailover::Phase::kDeciding;
  state.failover->record.state = state.failover->state_before_claim;
  ReleaseTarget(state);
}

absl::Duration FailoverCore::Backoff(uint32_t failed_writes) {
  return Backoff(failed_writes, policy_.first_write_retry, policy_.last_write_retry);
}

absl::Duration FailoverCore::Backoff(uint32_t failures, absl::Duration first, absl::Duration last) {
  const uint32_t doublings = std::min<uint32_t>(failures == 0 ? 0 : failures - 1, 16);
  const absl::Duration longest = std::min(first * (int64_t{1} << doublings), last);
  return random_.Between(longest / 2, longest);
}

}  // namespace understudy::failover_orchestrator
