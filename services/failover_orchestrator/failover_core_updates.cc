#include <utility>

#include "absl/strings/str_cat.h"
#include "services/failover_orchestrator/failover_core.h"

// A document that somebody else than the running station changed: the station is ordered to run it.
namespace understudy::failover_orchestrator {

// What a station uploads, it runs; until it greets anew and says otherwise.
void FailoverCore::NoteUpload(const DutyState& state) {
  const std::string& station_id = state.duty.assignment.station_id;
  Station* holder = stations_.Find(station_id);
  if (holder == nullptr || holder->holding_duty != state.duty.id) return;
  const DocumentState document = DocumentOf(state.duty.id);
  if (document.author == absl::StrCat("station/", station_id)) {
    holder->holding_sha256 = document.sha256;
  }
}

// The holder is known to run something else than the latest revision, and can be told.
bool FailoverCore::NeedsUpdate(const DutyState& state) const {
  const Assignment& assignment = state.duty.assignment;
  if (state.failover.has_value() || state.needs_reload || !assignment.running) return false;
  const Station* holder = stations_.Find(assignment.station_id);
  if (holder == nullptr || holder->IsLost() || !holder->attached || !holder->greeted) return false;
  if (holder->holding_duty != state.duty.id || holder->holding_sha256.empty()) return false;
  const DocumentState document = DocumentOf(state.duty.id);
  return document.revision != 0 && document.sha256 != holder->holding_sha256;
}

void FailoverCore::StepUpdate(DutyState& state) {
  DocumentUpdate& update = state.update;
  if (!NeedsUpdate(state)) {
    update = DocumentUpdate();
    return;
  }
  const Station& holder = stations_.At(state.duty.assignment.station_id);
  const bool ordered = update.revision == DocumentOf(state.duty.id).revision &&
                       update.station_id == state.duty.assignment.station_id &&
                       update.ordered_on == holder.attachment;
  if (ordered && now_.steady < update.until) return;
  if (ordered && update.under_way) return FailUpdate(state, "it did not answer");
  if (!ordered) update = DocumentUpdate();
  SendUpdate(state, holder);
}

// Under the same assignment: the station tells by the revision that the document is newer.
void FailoverCore::SendUpdate(DutyState& state, const Station& holder) {
  DutyOrder order = OrderFor(state);
  DocumentUpdate& update = state.update;
  update.revision = order.document_revision;
  update.station_id = state.duty.assignment.station_id;
  update.ordered_on = holder.attachment;
  update.under_way = true;
  update.until = now_.steady + policy_.accept_timeout + policy_.running_timeout;
  active_.insert(state.duty.id);
  actions_.push_back(SendActivate{update.station_id, std::move(order)});
}

void FailoverCore::TakeRunningUpdate(DutyState& state, uint64_t revision,
                                     const std::string& sha256) {
  if (!state.update.under_way || revision < state.update.revision) return;
  if (sha256 == DocumentOf(state.duty.id).sha256) return EndUpdate(state, true);
  if (revision == state.update.revision) FailUpdate(state, "it runs another content");
}

// A duty that runs is not moved for a document that its station does not take.
bool FailoverCore::TakeRefusedUpdate(DutyState& state, const std::string& station_id,
                                     uint64_t number, const std::string& why) {
  const bool ours = state.update.under_way && state.update.station_id == station_id &&
                    state.duty.assignment.number == number;
  if (ours) FailUpdate(state, why);
  return ours;
}

void FailoverCore::EndUpdate(DutyState& state, bool done) {
  const DocumentUpdate& update = state.update;
  actions_.push_back(DocumentUpdated{update.station_id, state.duty.id, update.revision, done});
  if (done) state.update = DocumentUpdate();
}

void FailoverCore::FailUpdate(DutyState& state, std::string why) {
  DocumentUpdate& update = state.update;
  update.under_way = false;
  ++update.failures;
  update.until =
      now_.steady + Backoff(update.failures, policy_.first_update_retry, policy_.last_update_retry);
  update.problem = std::move(why);
  active_.insert(state.duty.id);
  Say(Report::Level::kWarning, absl::StrCat("duty ", state.duty.id, ": station ", update.station_id,
                                            " does not run revision ", update.revision,
                                            " of its document: ", update.problem));
  EndUpdate(state, false);
}

}  // namespace understudy::failover_orchestrator
