#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/failover_orchestrator/failover_core.h"

// Who takes what: from a lost station to a claim in the vault, or to waiting.
namespace understudy::failover_orchestrator {
namespace {

using Phase = ActiveFailover::Phase;
using Claim = ActiveFailover::Claim;

constexpr size_t kMaxAbandonedListed = 64;

}  // namespace

void FailoverCore::StepDuty(DutyState& state) {
  if (state.confirm && MayWrite(state)) SendConfirm(state);
  if (!state.failover.has_value()) MaybeBegin(state);
  StepUpdate(state);
  if (!state.failover.has_value()) {
    if (!state.confirm && state.update.until.is_infinite() &&
        state.writing == DutyState::Write::kNone && !state.needs_reload) {
      active_.erase(state.duty.id);
    }
    return;
  }
  if (state.failover->phase == Phase::kDeciding) {
    // MatchDeciding looks at those that are left, together.
    if (MayWrite(state)) MaybeGiveBack(state);
    return;
  }
  if (state.failover->phase != Phase::kClaiming) StepClaimed(state);
}

void FailoverCore::MaybeBegin(DutyState& state) {
  if (state.needs_reload || state.duty.assignment.number == 0) return;
  const std::string& holder = state.duty.assignment.station_id;
  const Station* station = holder.empty() ? nullptr : stations_.Find(holder);
  if (station != nullptr && !station->IsLost()) return;
  Begin(state, station);
}

void FailoverCore::Begin(DutyState& state, const Station* holder) {
  match_wanted_ = true;
  ActiveFailover& failover = state.failover.emplace();
  FailoverRecord& record = failover.record;
  record.id = absl::StrCat(state.duty.id, "-", state.duty.assignment.number);
  record.duty_id = state.duty.id;
  record.from_station = state.duty.assignment.station_id;
  failover.verdict = now_.steady;
  record.verdict_at = now_.wall;
  active_.insert(state.duty.id);
  if (holder == nullptr || !holder->member.has_value()) {
    record.evidence.summary = "membership does not know the station";
    return;
  }
  const Member& member = *holder->member;
  record.leave = member.state == MemberState::kLeft;
  if (record.leave || member.state != MemberState::kFailed) return;
  record.verdict = member.verdict;
  record.evidence = member.evidence;
  const bool silent = member.verdict != Verdict::kSelfReported;
  record.stages.detect = silent ? member.evidence.silent_for : absl::ZeroDuration();
  if (!member.verdict_at.has_value()) return;
  record.verdict_at = member.verdict_at;
  // The verdict lies before the event that told us. Both are this machine's wall clock.
  failover.verdict = now_.steady - std::max(now_.wall - *member.verdict_at, absl::ZeroDuration());
}

DutyNeed FailoverCore::NeedOf(const DutyState& state) const {
  DutyNeed need{state.duty.id, state.duty.needs, {}};
  if (!state.failover.has_value()) return need;
  for (const auto& [station_id, abandoned] : state.failover->abandoned) {
    const Station* station = stations_.Find(station_id);
    const bool rejoined = station != nullptr && station->member.has_value() &&
                          station->member->session_id != abandoned.session_id;
    if (!rejoined && now_.steady < abandoned.again) need.excluded.insert(station_id);
  }
  return need;
}

std::vector<DutyNeed> FailoverCore::DecidingNeeds(bool also_while_writing) {
  std::vector<DutyNeed> needs;
  for (const std::string& duty_id : active_) {
    DutyState* state = FindDuty(duty_id);
    if (state == nullptr || !state->failover.has_value()) continue;
    if (state->failover->phase != Phase::kDeciding) continue;
    if (!also_while_writing && !MayWrite(*state)) continue;
    needs.push_back(NeedOf(*state));
  }
  return needs;
}

std::vector<SpareOffer> FailoverCore::Offers(const std::vector<DutyNeed>& needs) const {
  std::vector<SpareOffer> offers;
  for (const std::string& station_id : stations_.spares()) {
    const Station& station = *stations_.Find(station_id);
    SpareOffer offer{station_id, station.member->capabilities, {}};
    for (const DutyNeed& need : needs) {
      if (staging_.IsStaged(station, need.duty_id)) offer.staged.insert(need.duty_id);
    }
    offers.push_back(std::move(offer));
  }
  return offers;
}

// Only when something has changed that matters: on a large site with duties that wait, it is not
// done for every reply.
void FailoverCore::MatchDeciding() {
  if (!std::exchange(match_wanted_, false) && now_.steady < match_again_) return;
  match_again_ = NextMatch();
  std::vector<DutyNeed> needs = DecidingNeeds(false);
  if (needs.empty()) return;
  // Right after the start, better spares may be on their way.
  if (now_.steady < *grace_until_ && !stations_.AllBackupsAttached()) return;
  std::vector<DutyNeed> placeable = needs;
  // There is nothing to run without a document.
  std::erase_if(placeable,
                [this](const DutyNeed& need) { return DocumentOf(need.duty_id).revision == 0; });
  const auto matched = MatchSpares(placeable, Offers(placeable));
  for (const DutyNeed& need : needs) {
    DutyState& state = *FindDuty(need.duty_id);
    const auto spare = matched.find(need.duty_id);
    if (spare == matched.end()) {
      EnterWaiting(state);
    } else {
      SendClaim(state, Claim::kSpare, spare->second);
    }
  }
}

// When time alone may change what matches.
SteadyTime FailoverCore::NextMatch() const {
  SteadyTime next = SteadyTime::Infinite();
  const auto later = [&](SteadyTime time) {
    if (time > now_.steady) next = std::min(next, time);
  };
  later(*grace_until_);
  for (const std::string& duty_id : active_) {
    const auto found = duties_.find(duty_id);
    if (found == duties_.end() || !found->second.failover.has_value()) continue;
    later(found->second.retry_at);
    for (const auto& [station_id, abandoned] : found->second.failover->abandoned) {
      later(abandoned.again);
    }
  }
  return next;
}

std::string FailoverCore::DescribeMissing(const DutyState& state) const {
  if (DocumentOf(state.duty.id).revision == 0) return "the duty has no document yet";
  const DutyNeed need = NeedOf(state);
  std::vector<SpareOffer> offers = Offers({need});
  std::erase_if(offers,
                [&](const SpareOffer& offer) { return need.excluded.contains(offer.station_id); });
  const auto nearest = FindNearestSpare(need.needs, offers);
  if (!nearest.has_value()) {
    return absl::StrCat("no backup is free; needed: ", need.needs.ToString());
  }
  return absl::StrCat("no backup fits; the nearest, ", nearest->station_id, ", lacks ",
                      nearest->missing.ToString());
}

void FailoverCore::EnterWaiting(DutyState& state) {
  ActiveFailover& failover = *state.failover;
  const std::string& holder = state.duty.assignment.station_id;
  // The old station may have been tried as a spare, and does not hold the duty by itself then.
  const std::vector<std::string>& tried = failover.record.abandoned_stations;
  const bool was_tried = failover.abandoned.contains(holder) ||
                         std::find(tried.begin(), tried.end(), holder) != tried.end();
  const bool taken_back = holder.empty() || (holder == failover.record.from_station && !was_tried);
  if (failover.waiting_recorded && taken_back) return;
  const std::string missing = DescribeMissing(state);
  failover.record.note = missing;
  if (failover.record.drill) {
    const Station* from = stations_.Find(failover.record.from_station);
    if (from != nullptr && from->IsAlive() && taken_back && !holder.empty()) {
      // Nothing has happened yet.
      AnswerNoBackup(state, failover.drill);
      state.failover.reset();
      TouchDuty(state.duty.id);
      TouchStation(holder);
      return;
    }
    const bool excluded = NeedOf(state).excluded.contains(failover.record.from_station);
    if (from != nullptr && !excluded && CanHoldAgain(state, *from)) {
      return SendClaim(state, Claim::kBack, failover.record.from_station);
    }
  }
  if (!taken_back) return SendClaim(state, Claim::kNobody, "");
  Say(Report::Level::kWarning, absl::StrCat("duty ", state.duty.id, " of station ",
                                            failover.record.from_station, " waits: ", missing));
  failover.record.state = FailoverState::kWaiting;
  SendRecord(state);
}

// The station that the duty came from is back while the duty waits.
bool FailoverCore::MaybeGiveBack(DutyState& state) {
  const ActiveFailover& failover = *state.failover;
  const Station* from = stations_.Find(failover.record.from_station);
  // A drill takes the duty from a healthy station: that it holds it is no reason to stop, as long
  // as there are spares.
  const bool drilling = failover.record.drill && failover.record.state != FailoverState::kWaiting;
  if (drilling || from == nullptr || !CanHoldAgain(state, *from)) return false;
  if (!from->Says(state.duty.id)) return false;
  if (NeedOf(state).excluded.contains(failover.record.from_station)) return false;
  SendClaim(state, Claim::kBack, failover.record.from_station);
  return true;
}

bool FailoverCore::CanHoldAgain(const DutyState& state, const Station& station) const {
  const bool free = (station.assigned_duty.empty() || station.assigned_duty == state.duty.id) &&
                    (station.claimed_duty.empty() || station.claimed_duty == state.duty.id);
  if (!station.attached || !station.IsAlive() || station.member->has_faults || !free) return false;
  if (state.duty.fencing != Fencing::kStrict) return true;
  // Nobody else may still run it, nor the one that has it now and may have been told.
  const ActiveFailover& failover = *state.failover;
  std::set<std::string> others = failover.may_run;
  const std::string& holder = state.duty.assignment.station_id;
  if (!holder.empty() && holder != failover.never_told) others.insert(holder);
  others.erase(failover.record.from_station);
  return std::all_of(others.begin(), others.end(), [&](const std::string& other) {
    SteadyTime until;
    return HasStopped(state, other, until);
  });
}

void FailoverCore::SendClaim(DutyState& state, Claim claim, const std::string& station_id) {
  ActiveFailover& failover = *state.failover;
  FailoverRecord& record = failover.record;
  failover.state_before_claim = record.state;
  failover.claim = claim;
  failover.phase = Phase::kClaiming;
  failover.claim_sent = now_.steady;
  record.to_station = claim == Claim::kSpare ? station_id : "";
  record.assignment_number = state.duty.assignment.number + 1;
  const DocumentState document = DocumentOf(state.duty.id);
  record.document_revision = document.revision;
  record.document_sha256 = document.sha256;
  record.stages.decide = now_.steady - failover.verdict;
  record.state = claim == Claim::kSpare    ? FailoverState::kClaimed
                 : claim == Claim::kNobody ? FailoverState::kWaiting
                                           : FailoverState::kCancelled;
  if (claim == Claim::kSpare) record.note.clear();
  if (claim == Claim::kBack) {
    record.finished_at = now_.wall;
    if (record.note.empty()) record.note = "the station is back before any backup took the duty";
  }
  if (claim == Claim::kSpare) {
    stations_.At(station_id).claimed_duty = state.duty.id;
    TouchStation(station_id);
    stations_.RefreshSpare(station_id);
    staging_.OnSpareChanged(station_id, false);
  }
  Assignment assignment{state.duty.id, station_id, record.assignment_number, *epoch_, false, {}};
  assignment.running = claim == Claim::kBack;
  const uint64_t token = BeginWrite(state, DutyState::Write::kClaim);
  actions_.push_back(ClaimDuty{token, std::move(assignment), record, *epoch_});
}

void FailoverCore::SendRecord(DutyState& state) {
  const uint64_t token = BeginWrite(state, DutyState::Write::kRecord);
  actions_.push_back(RecordFailover{token, state.failover->record, *epoch_});
}

void FailoverCore::OnWaitingRecorded(DutyState& state) {
  if (!state.failover.has_value()) return;
  state.failover->waiting_recorded = true;
  actions_.push_back(FailoverChanged{state.failover->record});
}

void FailoverCore::OnClaimed(DutyState& state, const Assignment& assignment) {
  if (!state.failover.has_value()) return;
  ActiveFailover& failover = *state.failover;
  const std::string before = state.duty.assignment.station_id;
  SetAssignedStation(state, assignment);
  failover.claimed = now_.steady;
  failover.record.stages.claim = now_.steady - failover.claim_sent;
  if (!before.empty() && before != failover.never_told) failover.may_run.insert(before);
  failover.may_run.erase(assignment.station_id);
  failover.never_told.clear();
  if (failover.claim == Claim::kBack) return FinishGivenBack(state);
  if (failover.claim == Claim::kNobody) {
    failover.phase = Phase::kDeciding;
    failover.waiting_recorded = true;
    Say(Report::Level::kWarning,
        absl::StrCat("duty ", state.duty.id, " waits: ", failover.record.note));
  } else {
    if (MaybeGiveWay(state)) return;
    failover.phase = Phase::kFencing;
    failover.give_up = now_.steady + policy_.accept_timeout;
    StepClaimed(state);
  }
  actions_.push_back(FailoverChanged{failover.record});
  StandDownFormerHolders(state);
}

void FailoverCore::FinishGivenBack(DutyState& state) {
  StandDownFormerHolders(state);
  const ActiveFailover failover = std::move(*state.failover);
  const std::string& station_id = failover.record.from_station;
  state.failover.reset();
  Say(Report::Level::kInfo,
      absl::StrCat("duty ", state.duty.id, " stays with station ", station_id));
  actions_.push_back(FailoverChanged{failover.record});
  if (failover.drill != 0) AnswerNoBackup(state, failover.drill);
  // It is told under which number it holds the duty now.
  stations_.At(station_id).greeted = false;
  TouchStation(station_id);
}

// While the claim was on its way, another duty may have found no spare. If both could be served by
// moving this one, before its spare has heard of it, that is done. True when it moves.
bool FailoverCore::MaybeGiveWay(DutyState& state) {
  const std::string target = state.failover->record.to_station;
  std::vector<DutyNeed> needs = DecidingNeeds(true);
  std::erase_if(needs,
                [this](const DutyNeed& need) { return DocumentOf(need.duty_id).revision == 0; });
  if (needs.empty() || stations_.At(target).IsLost()) return false;
  std::vector<SpareOffer> offers = Offers(needs);
  const size_t served = MatchSpares(needs, offers).size();
  if (served == needs.size()) return false;
  needs.push_back(NeedOf(state));
  offers.push_back({target, stations_.At(target).member->capabilities, {}});
  const auto together = MatchSpares(needs, offers);
  const auto mine = together.find(state.duty.id);
  if (mine == together.end() || mine->second == target || together.size() <= served + 1) {
    return false;
  }
  ReleaseTarget(state);
  state.failover->never_told = target;
  SendClaim(state, Claim::kSpare, mine->second);
  return true;
}

void FailoverCore::Abandon(DutyState& state, std::string_view why) {
  ActiveFailover& failover = *state.failover;
  FailoverRecord& record = failover.record;
  const std::string station_id = record.to_station;
  const Station& station = stations_.At(station_id);
  const uint64_t session = station.member.has_value() ? station.member->session_id : 0;
  failover.abandoned[station_id] = {now_.steady + policy_.abandoned_retry, session};
  auto& listed = record.abandoned_stations;
  std::erase(listed, station_id);
  if (listed.size() < kMaxAbandonedListed) listed.push_back(station_id);
  record.note = absl::StrCat("station ", station_id, " ", std::string(why));
  Say(Report::Level::kWarning, absl::StrCat("failover ", record.id, ": ", record.note));
  ReleaseTarget(state);
  record.stages.fence = record.stages.activate = record.stages.running = std::nullopt;
  failover.phase = Phase::kDeciding;
  failover.waiting_recorded = false;
  failover.accepted.reset();
  failover.fence_cleared.reset();
  failover.give_up = failover.fence_until = SteadyTime::Infinite();
  match_wanted_ = true;
  TouchDuty(state.duty.id);
}

}  // namespace understudy::failover_orchestrator
