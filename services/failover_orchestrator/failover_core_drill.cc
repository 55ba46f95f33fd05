#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/failover_orchestrator/failover_core.h"

// Planned failovers: what a person asked for, and what they are told.
namespace understudy::failover_orchestrator {

void FailoverCore::AnswerNoBackup(DutyState& state, uint64_t drill) {
  if (drill == 0) return;
  const std::string missing = DescribeMissing(state);
  actions_.push_back(AnswerDrill{
      drill, MakeError(absl::StatusCode::kFailedPrecondition, "NO_FITTING_BACKUP",
                       absl::StrCat("no backup can take duty ", state.duty.id, ": ", missing),
                       {{"duty_id", state.duty.id}, {"missing", missing}})});
}

bool FailoverCore::IsMovingFrom(const std::string& station_id) const {
  return std::any_of(active_.begin(), active_.end(), [&](const std::string& duty_id) {
    const auto found = duties_.find(duty_id);
    return found != duties_.end() && found->second.failover.has_value() &&
           found->second.failover->record.from_station == station_id;
  });
}

void FailoverCore::OnDrill(uint64_t drill, const std::string& station_id, bool dry_run,
                           Instant now) {
  now_ = now;
  const auto fail = [&](absl::StatusCode code, std::string_view reason, const std::string& text) {
    actions_.push_back(AnswerDrill{drill, MakeError(code, reason, text)});
  };
  using absl::StatusCode;
  if (!Ready()) {
    return fail(StatusCode::kUnavailable, "NOT_ROOT", "the orchestrator is not acting here now");
  }
  const Station* station = stations_.Find(station_id);
  if (station == nullptr || !station->member.has_value()) {
    return fail(StatusCode::kNotFound, "STATION_NOT_FOUND",
                absl::StrCat("membership knows no station ", station_id));
  }
  DutyState* state = FindDuty(station->assigned_duty);
  if (state == nullptr && IsMovingFrom(station_id)) {
    return fail(StatusCode::kFailedPrecondition, "FAILOVER_UNDER_WAY",
                absl::StrCat("the duty of station ", station_id, " is moving already"));
  }
  if (state == nullptr) {
    return fail(StatusCode::kFailedPrecondition, "NO_DUTY",
                absl::StrCat("station ", station_id, " holds no duty"));
  }
  if (state->failover.has_value() || station->IsLost() || !MayWrite(*state)) {
    return fail(
        StatusCode::kFailedPrecondition, "FAILOVER_UNDER_WAY",
        absl::StrCat("duty ", state->duty.id, " of station ", station_id, " is moving already"));
  }
  const DutyNeed need = NeedOf(*state);
  const auto matched = MatchSpares({need}, Offers({need}));
  if (matched.empty() || DocumentOf(need.duty_id).revision == 0) {
    return AnswerNoBackup(*state, drill);
  }
  DutyState planned = *state;
  Begin(planned, nullptr);
  planned.failover->record.drill = true;
  planned.failover->record.evidence = Evidence();
  planned.failover->drill = drill;
  if (dry_run) {
    FailoverRecord& record = planned.failover->record;
    const DocumentState document = DocumentOf(need.duty_id);
    record.to_station = matched.begin()->second;
    record.assignment_number = state->duty.assignment.number + 1;
    record.document_revision = document.revision;
    record.document_sha256 = document.sha256;
    actions_.push_back(AnswerDrill{drill, record});
    return;
  }
  state->failover = std::move(planned.failover);
  active_.insert(state->duty.id);
  TouchDuty(state->duty.id);
}

}  // namespace understudy::failover_orchestrator
