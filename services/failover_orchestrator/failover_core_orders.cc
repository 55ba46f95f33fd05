#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/failover_orchestrator/failover_core.h"

// What stations are told, and what they answer: from a claim in the vault to "running".
namespace understudy::failover_orchestrator {
namespace {

using Phase = ActiveFailover::Phase;

}  // namespace

// Brings what the station was told in line with what is assigned. Idempotent.
void FailoverCore::StepStation(const std::string& station_id) {
  Station* station = stations_.Find(station_id);
  if (station == nullptr) return;
  if (station->attached && !station->greeted) Greet(station_id, *station);
  StandDownMoved(station_id, *station);
  SendStandDowns(station_id, *station);
  // While spares attach after the start, each one may be the last that is waited for.
  if (now_.steady < *grace_until_) match_wanted_ = true;
  if (!stations_.RefreshSpare(station_id)) return;
  match_wanted_ = true;
  staging_.OnSpareChanged(station_id, stations_.spares().contains(station_id));
}

// Tells a station that attached, or got its duty back, what it holds.
void FailoverCore::Greet(const std::string& station_id, Station& station) {
  const DutyState* state = FindDuty(station.assigned_duty);
  // A duty that is moving gets its orders from the failover.
  if (state == nullptr || state->failover.has_value()) return;
  station.greeted = true;
  // It may run an older document.
  TouchDuty(state->duty.id);
  const DutyOrder order = OrderFor(*state);
  // Without a document there is nothing to give it: it will upload the first.
  if (station.holding_duty == state->duty.id || order.document_revision == 0) {
    actions_.push_back(SendHold{station_id, order});
  } else {
    actions_.push_back(SendActivate{station_id, order});
  }
}

// A station that says it holds a duty which is another's by now.
void FailoverCore::StandDownMoved(const std::string& station_id, const Station& station) {
  for (const std::string& duty_id : station.DutiesItClaims()) {
    const DutyState* state = FindDuty(duty_id);
    if (state == nullptr || state->duty.assignment.station_id == station_id) continue;
    if (station.claimed_duty == duty_id || MayHoldAgain(*state, station_id, station) ||
        StandsDownLater(*state, station_id)) {
      continue;
    }
    RequireStandDown(station_id, *state);
  }
}

// It says that it holds a duty that came from it and that nobody has taken: it may be given it
// back.
bool FailoverCore::MayHoldAgain(const DutyState& state, const std::string& station_id,
                                const Station& station) const {
  return state.failover.has_value() && state.failover->record.from_station == station_id &&
         state.failover->record.to_station.empty() && station.Says(state.duty.id);
}

void FailoverCore::SendStandDowns(const std::string& station_id, Station& station) {
  if (!station.attached) return;
  for (auto& [duty_id, stand_down] : station.stand_downs) {
    if (stand_down.answered || stand_down.sent_on == station.attachment) continue;
    const DutyState* state = FindDuty(duty_id);
    if (state != nullptr && MayHoldAgain(*state, station_id, station)) continue;
    stand_down.sent_on = station.attachment;
    actions_.push_back(
        SendStandDown{station_id, duty_id, *epoch_, stand_down.number, stand_down.reason});
  }
}

// Under overlap, a station that is well (a drill, a leave) watches on until the spare runs.
bool FailoverCore::StandsDownLater(const DutyState& state, const std::string& station_id) const {
  if (!state.failover.has_value() || state.duty.fencing == Fencing::kStrict) return false;
  const FailoverRecord& record = state.failover->record;
  return (record.drill || record.leave) && record.from_station == station_id;
}

void FailoverCore::RequireStandDown(const std::string& station_id, const DutyState& state) {
  const std::string& to = state.duty.assignment.station_id;
  const bool is_new = stations_.RequireStandDown(
      station_id, state.duty.id, state.duty.assignment.number,
      to.empty() ? "the duty was taken back" : absl::StrCat("the duty moved to station ", to));
  // Else a station that does not answer would be looked at again and again.
  if (is_new) TouchStation(station_id);
}

void FailoverCore::StandDownFormerHolders(const DutyState& state) {
  for (const std::string& station_id : state.failover->may_run) {
    if (StandsDownLater(state, station_id)) continue;
    const auto& asked = stations_.At(station_id).stand_downs;
    const auto found = asked.find(state.duty.id);
    if (found == asked.end() || !found->second.answered) RequireStandDown(station_id, state);
  }
}

void FailoverCore::StepClaimed(DutyState& state) {
  ActiveFailover& failover = *state.failover;
  const Station& target = stations_.At(failover.record.to_station);
  if (target.IsLost()) return Abandon(state, "was lost before it ran the duty");
  if (failover.phase != Phase::kFencing) {
    if (now_.steady >= failover.give_up) {
      const bool accepted = failover.phase == Phase::kStarting;
      return Abandon(state,
                     accepted ? "did not say that it runs the duty" : "did not answer the order");
    }
    // The order may have been lost with the stream.
    if (target.attached && target.attachment != failover.ordered_on) Activate(state);
    return;
  }
  if (!FenceIsClear(state, "")) return;
  if (!failover.fence_cleared.has_value()) {
    failover.fence_cleared = now_.steady;
    failover.give_up = std::max(failover.give_up, now_.steady + policy_.accept_timeout);
    if (state.duty.fencing == Fencing::kStrict) {
      failover.record.stages.fence = now_.steady - failover.claimed;
    }
  }
  if (target.attached) return Activate(state);
  if (now_.steady >= failover.give_up) Abandon(state, "did not attach");
}

// Whether all who had the duty before have stopped it, as far as the duty's fencing asks.
bool FailoverCore::FenceIsClear(DutyState& state, const std::string& except) {
  ActiveFailover& failover = *state.failover;
  failover.fence_until = SteadyTime::Infinite();
  if (state.duty.fencing != Fencing::kStrict) return true;
  bool clear = true;
  for (const std::string& station_id : failover.may_run) {
    SteadyTime until = SteadyTime::Infinite();
    if (station_id == except || HasStopped(state, station_id, until)) continue;
    clear = false;
    failover.fence_until = std::min(failover.fence_until, until);
  }
  return clear;
}

// `until`: when a silent station's lease will have run out. A station that membership still hears
// renews its lease, so only its own word counts.
bool FailoverCore::HasStopped(const DutyState& state, const std::string& station_id,
                              SteadyTime& until) const {
  const Station* station = stations_.Find(station_id);
  if (station == nullptr) return true;
  const auto asked = station->stand_downs.find(state.duty.id);
  if (asked != station->stand_downs.end() && asked->second.answered) return true;
  if (!station->IsSilent()) return false;
  const absl::Duration told =
      station->member.has_value() ? station->member->lease : absl::ZeroDuration();
  const absl::Duration lease = told > absl::ZeroDuration() ? told : policy_.default_lease;
  // A former root may have heard it longer than this one has.
  const SteadyTime heard = std::max(station->last_heard, reign_began_ + policy_.former_root_grace);
  until = heard + lease + policy_.fence_margin;
  return now_.steady >= until;
}

DutyOrder FailoverCore::OrderFor(const DutyState& state) const {
  const DocumentState document = DocumentOf(state.duty.id);
  return DutyOrder{state.duty.id,
                   *epoch_,
                   state.duty.assignment.number,
                   state.duty.document,
                   document.revision,
                   document.sha256,
                   state.duty.fencing == Fencing::kStrict};
}

void FailoverCore::Activate(DutyState& state) {
  ActiveFailover& failover = *state.failover;
  DutyOrder order = OrderFor(state);
  failover.record.document_revision = order.document_revision;
  failover.record.document_sha256 = order.document_sha256;
  Station& target = stations_.At(failover.record.to_station);
  target.greeted = true;
  failover.ordered_on = target.attachment;
  if (failover.phase == Phase::kFencing) {
    failover.phase = Phase::kActivating;
    failover.ordered = now_.steady;
    failover.give_up = now_.steady + policy_.accept_timeout;
  }
  actions_.push_back(SendActivate{failover.record.to_station, std::move(order)});
}

// The duty's failover when it is this station's turn under this number; else nothing.
ActiveFailover* FailoverCore::FailoverTo(DutyState& state, const std::string& station_id,
                                         uint64_t number) {
  if (!state.failover.has_value() || state.failover->record.to_station != station_id) {
    return nullptr;
  }
  const bool ordered =
      state.failover->phase == Phase::kActivating || state.failover->phase == Phase::kStarting;
  return ordered && state.duty.assignment.number == number ? &*state.failover : nullptr;
}

void FailoverCore::OnAccepted(const std::string& station_id, const std::string& duty_id,
                              uint64_t number, Instant now) {
  now_ = now;
  DutyState* state = FindDuty(duty_id);
  if (state == nullptr) return;
  ActiveFailover* failover = FailoverTo(*state, station_id, number);
  if (failover == nullptr || failover->phase != Phase::kActivating) return;
  failover->phase = Phase::kStarting;
  failover->accepted = now.steady;
  failover->record.stages.activate = now.steady - failover->ordered;
  failover->give_up = now.steady + policy_.running_timeout;
}

void FailoverCore::OnRunning(const std::string& station_id, const std::string& duty_id,
                             uint64_t number, uint64_t revision, const std::string& sha256,
                             Instant now) {
  now_ = now;
  DutyState* state = FindDuty(duty_id);
  if (state == nullptr || state->duty.assignment.number != number ||
      state->duty.assignment.station_id != station_id) {
    return;
  }
  stations_.At(station_id).holding_duty = duty_id;
  stations_.At(station_id).holding_sha256 = sha256;
  TakeRunningUpdate(*state, revision, sha256);
  TouchStation(station_id);
  TouchDuty(duty_id);
  if (ActiveFailover* failover = RunningFailover(*state, station_id, number)) {
    FailoverRecord& record = failover->record;
    const bool wrong = !record.document_sha256.empty() && revision == record.document_revision &&
                       sha256 != record.document_sha256;
    if (wrong) return Abandon(*state, "runs another content than it was ordered to");
    return Complete(*state, sha256);
  }
  // A station that was reminded of its duty.
  if (state->failover.has_value() || state->confirm || state->duty.assignment.running) return;
  state->confirm = true;
  active_.insert(duty_id);
}

// The failover that "running" ends. A station that was given up on may still be in time, as long as
// the duty has not been claimed away from it.
ActiveFailover* FailoverCore::RunningFailover(DutyState& state, const std::string& station_id,
                                              uint64_t number) {
  ActiveFailover* failover = FailoverTo(state, station_id, number);
  if (failover != nullptr || !state.failover.has_value()) return failover;
  failover = &*state.failover;
  const bool undecided = failover->phase == Phase::kDeciding &&
                         state.writing == DutyState::Write::kNone && !state.needs_reload;
  if (!undecided || failover->record.from_station == station_id) return nullptr;
  failover->record.to_station = station_id;
  std::erase(failover->record.abandoned_stations, station_id);
  return failover;
}

void FailoverCore::Complete(DutyState& state, const std::string& sha256) {
  ActiveFailover failover = std::move(*state.failover);
  FailoverRecord& record = failover.record;
  record.state = FailoverState::kDone;
  record.running_sha256 = sha256;
  record.finished_at = now_.wall;
  record.stages.running = now_.steady - failover.accepted.value_or(failover.ordered);
  record.stages.recovery = now_.steady - failover.verdict;
  for (const std::string& station_id : failover.may_run) {
    const auto& asked = stations_.At(station_id).stand_downs;
    if (!asked.contains(state.duty.id)) RequireStandDown(station_id, state);
  }
  stations_.At(record.to_station).claimed_duty.clear();
  state.failover.reset();
  state.confirm = true;
  state.confirm_drill = failover.drill;
  state.confirm_failover = std::move(record);
  TouchDuty(state.duty.id);
}

void FailoverCore::SendConfirm(DutyState& state) {
  const uint64_t token = BeginWrite(state, DutyState::Write::kConfirm);
  actions_.push_back(ConfirmDuty{token, state.duty.id, state.duty.assignment.number,
                                 state.confirm_failover, *epoch_});
}

void FailoverCore::OnConfirmed(DutyState& state) {
  state.confirm = false;
  state.duty.assignment.running = true;
  const auto record = std::exchange(state.confirm_failover, std::nullopt);
  const uint64_t drill = std::exchange(state.confirm_drill, 0);
  if (!record.has_value()) return;
  actions_.push_back(FailoverChanged{*record});
  if (drill != 0) actions_.push_back(AnswerDrill{drill, *record});
}

void FailoverCore::OnRefused(const std::string& station_id, const std::string& duty_id,
                             uint64_t number, std::string_view reason, std::string_view message,
                             Instant now) {
  now_ = now;
  DutyState* state = FindDuty(duty_id);
  const std::string why =
      absl::StrCat("refused: ", std::string(reason), " (", std::string(message), ")");
  if (state != nullptr && FailoverTo(*state, station_id, number) != nullptr) {
    return Abandon(*state, why);
  }
  if (state != nullptr && TakeRefusedUpdate(*state, station_id, number, why)) return;
  if (state != nullptr && BeginRefused(*state, station_id, number, why)) return;
  Say(Report::Level::kWarning, absl::StrCat("station ", station_id, ", duty ", duty_id,
                                            " under number ", number, ": ", why));
}

// The station that the duty is assigned to does not hold it and will not take it: that is a
// failure, too. One that holds it goes on trying by itself.
bool FailoverCore::BeginRefused(DutyState& state, const std::string& station_id, uint64_t number,
                                std::string_view why) {
  const Station& station = stations_.At(station_id);
  const Assignment& assignment = state.duty.assignment;
  if (state.failover.has_value() || state.needs_reload || assignment.station_id != station_id ||
      assignment.number != number || station.holding_duty == state.duty.id) {
    return false;
  }
  Begin(state, &station);
  const uint64_t session = station.member.has_value() ? station.member->session_id : 0;
  state.failover->abandoned[station_id] = {now_.steady + policy_.abandoned_retry, session};
  state.failover->record.evidence.summary = absl::StrCat("the station ", std::string(why));
  Say(Report::Level::kWarning,
      absl::StrCat("duty ", state.duty.id, ": station ", station_id, " ", std::string(why)));
  TouchDuty(state.duty.id);
  return true;
}

void FailoverCore::OnStoodDown(const std::string& station_id, const std::string& duty_id,
                               uint64_t number, Instant now) {
  now_ = now;
  stations_.TakeStoodDown(station_id, duty_id, number);
  TouchStation(station_id);
  TouchDuty(duty_id);
}

}  // namespace understudy::failover_orchestrator
