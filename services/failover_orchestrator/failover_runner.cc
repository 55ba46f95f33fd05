#include "services/failover_orchestrator/failover_runner.h"

#include <memory>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::failover_orchestrator {
namespace {

// What onlookers are told of a failover and the planning of further copies wait so long: mostly,
// the duty runs by then.
constexpr absl::Duration kAftermath = absl::Milliseconds(5);
constexpr absl::Duration kGaugesEvery = absl::Milliseconds(250);

WriteCode CodeOf(const absl::Status& status) {
  if (status.ok()) return WriteCode::kOk;
  const std::string reason = ErrorReason(status);
  if (reason == "INVALID_EPOCH" || reason == "DUTY_NOT_FOUND") return WriteCode::kConflict;
  switch (status.code()) {
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
      return WriteCode::kConflict;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return WriteCode::kRejected;
    default:
      return WriteCode::kUnavailable;
  }
}

WriteResult ToResult(const absl::Status& status) {
  return {CodeOf(status), status.ok() ? "" : DescribeError(status), {}};
}
WriteResult ToResult(absl::StatusOr<Assignment> assignment) {
  WriteResult result = ToResult(assignment.status());
  if (assignment.ok()) result.assignment = *std::move(assignment);
  return result;
}

}  // namespace

FailoverRunner::FailoverRunner(FailoverPolicy policy, absl::Duration drill_timeout, Parts parts)
    : parts_(parts),
      drill_timeout_(drill_timeout),
      core_(policy, parts.random),
      alarm_(parts.executor, [this] { Flush(); }),
      background_alarm_(parts.executor, [this] { ScheduleBackground(); }),
      afterwards_(parts.executor, parts.clock, kAftermath) {}

void FailoverRunner::Post(Input input) {
  parts_.executor.Post([this, input = std::move(input)]() mutable { Take(std::move(input)); });
}

void FailoverRunner::Take(Input input) {
  input(core_, Now());
  ScheduleFlush();
}

// Behind the inputs that wait already.
void FailoverRunner::ScheduleFlush() {
  if (flush_posted_) return;
  flush_posted_ = true;
  parts_.executor.Post([this] { Flush(); });
}

void FailoverRunner::Flush() {
  flush_posted_ = false;
  for (const Action& action : core_.Flush(Now())) {
    std::visit([this](const auto& what) { Do(what); }, action);
  }
  if (acting_ != core_.Ready()) {
    acting_ = core_.Ready();
    parts_.metrics.acting.Set(acting_ ? 1 : 0);
    if (on_acting_) on_acting_(acting_);
  }
  ScheduleBackground();
  ScheduleGauges();
  alarm_.Set(core_.NextDeadline());
}

void FailoverRunner::ScheduleBackground() {
  if (background_posted_) return;
  background_posted_ = true;
  afterwards_.Do([this] { RunBackground(); });
}

void FailoverRunner::RunBackground() {
  if (core_.Ready()) {
    for (const Action& action : core_.FlushBackground(Now())) {
      std::visit([this](const auto& what) { Do(what); }, action);
    }
  }
  if (core_.HasBackgroundWork()) {
    parts_.executor.Post([this] { RunBackground(); });
    return;
  }
  background_posted_ = false;
  background_alarm_.Set(core_.NextBackgroundDeadline());
}

// Counting is not for free on a large site, so it is done at most every so often.
void FailoverRunner::ScheduleGauges() {
  if (gauges_scheduled_) return;
  gauges_scheduled_ = true;
  parts_.executor.RunAt(parts_.clock.SteadyNow() + kGaugesEvery, [this] {
    gauges_scheduled_ = false;
    const StationTable& stations = core_.stations();
    parts_.metrics.waiting_duties.Set(static_cast<double>(core_.waiting_count()));
    parts_.metrics.attached_stations.Set(static_cast<double>(stations.attached_count()));
    parts_.metrics.spares.Set(static_cast<double>(stations.spares().size()));
    parts_.metrics.staged_documents.Set(
        static_cast<double>(core_.staging().StagedCopies(stations)));
  });
}

void FailoverRunner::OnWritten(uint64_t token, WriteResult result) {
  const FailoverMetrics& metrics = parts_.metrics;
  (result.code == WriteCode::kOk         ? metrics.vault_writes
   : result.code == WriteCode::kConflict ? metrics.vault_write_conflicts
                                         : metrics.vault_write_failures)
      .Add();
  parts_.executor.RunOrPost([this, token, result = std::move(result)] {
    Take([&](FailoverCore& core, Instant now) { core.OnWriteDone(token, result, now); });
  });
}

void FailoverRunner::Do(const CreateDuty& action) {
  parts_.registry.Create(action, [this, token = action.token](auto result) {
    OnWritten(token, ToResult(std::move(result)));
  });
}
void FailoverRunner::Do(const ClaimDuty& action) {
  parts_.registry.Claim(action, [this, token = action.token](auto result) {
    OnWritten(token, ToResult(std::move(result)));
  });
}
void FailoverRunner::Do(const RehearseClaim& action) {
  parts_.metrics.rehearsals.Add();
  parts_.registry.Rehearse(action);
}
void FailoverRunner::Do(const ConfirmDuty& action) {
  parts_.registry.Confirm(action, [this, token = action.token](const absl::Status& status) {
    OnWritten(token, ToResult(status));
  });
}
void FailoverRunner::Do(const RecordFailover& action) {
  parts_.registry.Record(action, [this, token = action.token](const absl::Status& status) {
    OnWritten(token, ToResult(status));
  });
}

void FailoverRunner::Do(const LoadRegistry&) {
  parts_.registry.Load([this](absl::StatusOr<RegistryPort::Contents> contents) {
    Post([contents = std::move(contents)](FailoverCore& core, Instant now) mutable {
      if (!contents.ok()) return core.OnRegistryLoadFailed(DescribeError(contents.status()), now);
      core.OnRegistryLoaded(std::move(contents->duties), contents->unfinished, now);
    });
  });
}

template <typename Order>
void FailoverRunner::SendOrder(const Order& order, const metrics::Counter& sent) {
  (parts_.stations.Send(order) ? sent : parts_.metrics.orders_dropped).Add();
}
void FailoverRunner::Do(const SendActivate& action) {
  SendOrder(action, parts_.metrics.orders_activate);
  afterwards_.Do([this, action] {
    log_.Info("station {} is to run duty {} (assignment {}, revision {})", action.station_id,
              action.order.duty_id, action.order.assignment_number, action.order.document_revision);
  });
}
void FailoverRunner::Do(const SendHold& action) {
  SendOrder(action, parts_.metrics.orders_hold);
  log_.Info("station {} holds duty {} (assignment {})", action.station_id, action.order.duty_id,
            action.order.assignment_number);
}
void FailoverRunner::Do(const SendStandDown& action) {
  SendOrder(action, parts_.metrics.orders_stand_down);
  log_.Info("station {} is to stand down from duty {}: {}", action.station_id, action.duty_id,
            action.reason);
}
void FailoverRunner::Do(const SendStage& action) { SendOrder(action, parts_.metrics.orders_stage); }
void FailoverRunner::Do(const SendUnstage& action) {
  SendOrder(action, parts_.metrics.orders_unstage);
}

void FailoverRunner::Do(const FailoverChanged& action) {
  afterwards_.Do([this, action] { Announce(action.failover); });
}

void FailoverRunner::Announce(const FailoverRecord& record) {
  parts_.metrics.CountFailover(record);
  if (record.state == FailoverState::kDone) {
    log_.Info("failover {} is done: duty {} moved from {} to {} in {}", record.id, record.duty_id,
              record.from_station, record.to_station,
              absl::FormatDuration(record.stages.recovery.value_or(absl::ZeroDuration())));
  }
  if (on_failover_) on_failover_(record);
}

void FailoverRunner::Do(const DocumentUpdated& action) {
  (action.done ? parts_.metrics.updates_done : parts_.metrics.updates_failed).Add();
  if (!action.done) return;
  log_.Info("station {} runs revision {} of the document of duty {}", action.station_id,
            action.document_revision, action.duty_id);
}

void FailoverRunner::Do(const AnswerDrill& action) { FinishDrill(action.drill, action.answer); }

void FailoverRunner::Do(const failover_orchestrator::Report& action) {
  if (action.level == failover_orchestrator::Report::Level::kWarning) {
    log_.Warn("{}", action.text);
  } else {
    log_.Info("{}", action.text);
  }
}

void FailoverRunner::Drill(const std::string& station_id, bool dry_run, OnDrillDone done) {
  parts_.executor.Post([this, station_id, dry_run, done = std::move(done)]() mutable {
    const uint64_t drill = ++last_drill_;
    drills_.emplace(drill, std::move(done));
    parts_.executor.RunAt(parts_.clock.SteadyNow() + drill_timeout_, [this, drill] {
      FinishDrill(drill, MakeError(absl::StatusCode::kDeadlineExceeded, "DRILL_TIMED_OUT",
                                   "the drill takes longer than expected; it goes on"));
    });
    Take([&](FailoverCore& core, Instant now) { core.OnDrill(drill, station_id, dry_run, now); });
  });
}

void FailoverRunner::FinishDrill(uint64_t drill, absl::StatusOr<FailoverRecord> answer) {
  auto waiting = drills_.extract(drill);
  if (!waiting.empty()) waiting.mapped()(std::move(answer));
}

}  // namespace understudy::failover_orchestrator
