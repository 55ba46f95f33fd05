#include "services/checkpoint_store/checkpoint_state_machine.h"

#include <utility>
#include <variant>

#include "services/checkpoint_store/cycle_rules.h"
#include "services/checkpoint_store/operator_rules.h"

namespace understudy::checkpoint_store {
namespace {

absl::StatusOr<Outcome> ToOutcome(absl::Status status) {
  if (!status.ok()) return status;
  return Outcome();
}
template <typename Value>
absl::StatusOr<Outcome> ToOutcome(absl::StatusOr<Value> value) {
  if (!value.ok()) return value.status();
  return Outcome(*std::move(value));
}

// Sends each kind of command to its rule.
class Decider {
 public:
  Decider(const RuleContext& context, CommandWrites& writes)
      : context_(context), writes_(writes) {}

  absl::StatusOr<Outcome> operator()(Enrol command) {
    return ToOutcome(DecideEnrol(context_, std::move(command), writes_));
  }
  absl::StatusOr<Outcome> operator()(const Fetch& command) {
    return ToOutcome(DecideFetch(context_, command, writes_));
  }
  absl::StatusOr<Outcome> operator()(Store command) {
    return ToOutcome(DecideStore(context_, std::move(command), writes_));
  }
  absl::StatusOr<Outcome> operator()(Stage command) {
    return ToOutcome(DecideStage(context_, std::move(command), writes_));
  }
  absl::StatusOr<Outcome> operator()(const Withdraw& command) {
    return ToOutcome(DecideWithdraw(context_, command, writes_));
  }
  absl::StatusOr<Outcome> operator()(const Revoke& command) {
    return ToOutcome(DecideRevoke(context_, command, writes_));
  }

 private:
  const RuleContext& context_;
  CommandWrites& writes_;
};

}  // namespace

CheckpointStateMachine::CheckpointStateMachine(const CheckpointPolicy& policy,
                                               const CheckpointView& view, IdentifierSource& source)
    : policy_(policy), view_(view), source_(source) {
  batch_.counters = view.ReadCounters();
}

absl::StatusOr<Outcome> CheckpointStateMachine::Apply(Command command) {
  CommandWrites writes;
  writes.counters = batch_.counters;
  const RuleContext context{policy_, view_, source_};
  absl::StatusOr<Outcome> outcome = std::visit(Decider(context, writes), std::move(command));
  if (writes.mutations.empty()) return outcome;
  for (Mutation& mutation : writes.mutations) {
    view_.Apply(mutation);
    batch_.mutations.push_back(std::move(mutation));
  }
  for (Event& event : writes.events) events_.push_back(std::move(event));
  view_.SetCounters(writes.counters);
  batch_.counters = writes.counters;
  return outcome;
}

FetchDecision DecideFetch(const CheckpointView& view, const Fetch& fetch) {
  const FetchExamination found = ExamineFetch(view, fetch);
  if (found.suspicion.has_value() || found.takes_staged || found.binds_claim) {
    return {absl::CancelledError(), /*needs_command=*/true};
  }
  if (!found.status.ok()) return {found.status, false};
  return {HandOut(*found.device, fetch), false};
}

}  // namespace understudy::checkpoint_store
