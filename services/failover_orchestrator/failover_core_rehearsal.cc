#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/failover_orchestrator/failover_core.h"

// A verdict may be a few milliseconds away. What it will need is done for show, some times until
// then: the spare chosen, the claim sent as a question, and the spare told to have the document at
// hand. That wakes every thread on the way and brings what it needs back into the processor's
// caches, at a time that costs nobody anything. Nothing is decided: the verdict begins anew.
namespace understudy::failover_orchestrator {

void FailoverCore::OnSuspected(const std::string& station_id, absl::Duration next_look,
                               Instant now) {
  now_ = now;
  const Station* station = stations_.Find(station_id);
  if (station == nullptr || station->assigned_duty.empty()) return;
  if (rehearsals_.size() >= policy_.max_rehearsals && !rehearsals_.contains(station_id)) return;
  rehearsals_[station_id] = {now.steady + next_look, now.steady + next_look / 2};
}

// At half of the time that is left each time, so that they are closest at the end.
void FailoverCore::StepRehearsals() {
  for (auto entry = rehearsals_.begin(); entry != rehearsals_.end();) {
    auto& [station_id, rehearsal] = *entry;
    bool more = true;
    if (now_.steady >= rehearsal.next) {
      const absl::Duration left = rehearsal.next_look - now_.steady;
      rehearsal.next = now_.steady + left / 2;
      more = left > policy_.quiet_before_verdict && Rehearse(station_id);
    }
    entry = more ? std::next(entry) : rehearsals_.erase(entry);
  }
}

bool FailoverCore::Rehearse(const std::string& station_id) {
  const Station* station = stations_.Find(station_id);
  if (station == nullptr || !station->IsAlive()) return false;
  const DutyState* state = FindDuty(station->assigned_duty);
  if (state == nullptr || state->failover.has_value() || !MayWrite(*state)) return false;
  const std::vector<DutyNeed> needs = {NeedOf(*state)};
  const auto matched = MatchSpares(needs, Offers(needs));
  const DocumentState document = DocumentOf(state->duty.id);
  if (matched.empty() || document.revision == 0) return false;
  const std::string& spare = matched.begin()->second;
  actions_.push_back(RehearsalOf(*state, spare, document));
  actions_.push_back(SendStage{spare, state->duty.id, state->duty.document, document.revision,
                               document.sha256});
  return true;
}

RehearseClaim FailoverCore::RehearsalOf(const DutyState& state, const std::string& spare,
                                        const DocumentState& document) const {
  const Assignment& assignment = state.duty.assignment;
  RehearseClaim claim;
  claim.epoch = *epoch_;
  claim.assignment = {state.duty.id, spare, assignment.number + 1, *epoch_, false, {}};
  claim.failover.id = absl::StrCat(state.duty.id, "-", assignment.number);
  claim.failover.duty_id = state.duty.id;
  claim.failover.from_station = assignment.station_id;
  claim.failover.to_station = spare;
  claim.failover.assignment_number = claim.assignment.number;
  claim.failover.document_revision = document.revision;
  claim.failover.document_sha256 = document.sha256;
  claim.failover.state = FailoverState::kClaimed;
  return claim;
}

}  // namespace understudy::failover_orchestrator
