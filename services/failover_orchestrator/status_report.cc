#include "services/failover_orchestrator/status_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace understudy::failover_orchestrator {
namespace {

constexpr size_t kMaxWarnings = 1000;

void WarnOfFailover(const FailoverCore& core, const DutyState& state,
                    std::vector<std::string>& warnings) {
  const ActiveFailover& failover = *state.failover;
  if (failover.phase == ActiveFailover::Phase::kDeciding) {
    warnings.push_back(
        absl::StrCat("duty ", state.duty.id, " waits: ", core.DescribeMissing(state)));
  }
  if (failover.phase == ActiveFailover::Phase::kFencing && failover.fence_until.is_infinite() &&
      !failover.fence_cleared.has_value() && state.duty.fencing == Fencing::kStrict) {
    warnings.push_back(absl::StrCat("duty ", state.duty.id,
                                    " is fenced: it starts when it has been stopped on ",
                                    absl::StrJoin(failover.may_run, ", ")));
  }
}

void WarnOfDuty(const FailoverCore& core, const DutyState& state,
                std::vector<std::string>& warnings) {
  const std::string& id = state.duty.id;
  if (!state.update.problem.empty()) {
    warnings.push_back(absl::StrCat("station ", state.update.station_id, " does not run revision ",
                                    state.update.revision, " of the document of duty ", id, ": ",
                                    state.update.problem));
  }
  if (core.DocumentOf(id).revision == 0) {
    warnings.push_back(
        absl::StrCat("duty ", id, " has no document yet: nobody could take it over"));
    return;
  }
  const std::vector<RankedSpare> ranking = core.staging().RankingOf(id);
  if (ranking.empty()) {
    warnings.push_back(
        absl::StrCat("duty ", id, " could not be taken over: ", core.DescribeMissing(state)));
    return;
  }
  const size_t missing = core.staging().MissingCopies(core.stations(), id);
  if (missing != 0) {
    warnings.push_back(absl::StrCat("the document of duty ", id, " is not staged at ", missing,
                                    " of its ", ranking.size(), " best spares"));
  }
}

}  // namespace

std::vector<DutyReport> ReportDuties(const FailoverCore& core) {
  std::vector<DutyReport> reports;
  for (const auto& [id, state] : core.duties()) {
    DutyReport report{state.duty, core.DocumentOf(id), {}, {}};
    for (const RankedSpare& spare : core.staging().RankingOf(id)) {
      const Station* station = core.stations().Find(spare.station_id);
      if (station == nullptr || !station->IsSpare()) continue;
      report.spares.push_back(
          {spare.station_id, spare.left_over, core.staging().IsStaged(*station, id)});
    }
    if (state.failover.has_value()) report.failover = state.failover->record;
    reports.push_back(std::move(report));
  }
  return reports;
}

std::vector<std::string> ReportWarnings(const FailoverCore& core) {
  std::vector<std::string> warnings;
  for (const auto& [id, state] : core.duties()) {
    if (warnings.size() >= kMaxWarnings) break;
    if (state.failover.has_value()) {
      WarnOfFailover(core, state, warnings);
    } else {
      WarnOfDuty(core, state, warnings);
    }
  }
  return warnings;
}

}  // namespace understudy::failover_orchestrator
