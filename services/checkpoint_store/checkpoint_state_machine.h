#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_STATE_MACHINE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_STATE_MACHINE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "services/checkpoint_store/checkpoint_batch.h"
#include "services/checkpoint_store/checkpoint_policy.h"
#include "services/checkpoint_store/checkpoint_view.h"
#include "services/checkpoint_store/command.h"
#include "services/checkpoint_store/pending_view.h"

namespace understudy::checkpoint_store {

// The rules of the store: decides commands one after the other, on a state, and gathers what they
// change into one batch. Deterministic: the same state, commands and drawn identifiers give the
// same answers and the same batch. Nothing is stored here; a batch that cannot be stored is dropped
// with the object, and nothing has happened.
//
// One object is one batch:
//   CheckpointStateMachine machine(policy, view, source);
//   for each waiting command: outcome = machine.Apply(command);
//   store machine.batch(), then tell the outcomes, then announce machine.events().
//
// Not thread-safe.
class CheckpointStateMachine {
 public:
  // `view` and `source` must outlive the object; `view` must not change under it.
  CheckpointStateMachine(const CheckpointPolicy& policy, const CheckpointView& view,
                         IdentifierSource& source);

  // Decides a command. Reasons are those of doc/protocol.md, codes those of the protos. A refused
  // command changes nothing, except that a suspicion is counted where it raises one. Errors of the
  // view itself refuse the command, too.
  absl::StatusOr<Outcome> Apply(Command command);

  // What is to be stored; empty when nothing changed.
  const CheckpointBatch& batch() const { return batch_; }
  const std::vector<Event>& events() const { return events_; }

 private:
  const CheckpointPolicy policy_;
  PendingView view_;
  IdentifierSource& source_;
  CheckpointBatch batch_;
  std::vector<Event> events_;
};

// A GET that may change nothing: what DecideFetch found.
struct FetchDecision {
  // The answer, unless `needs_command`.
  absl::StatusOr<FetchOutcome> answer = FetchOutcome{};
  // It takes a staged change, binds a claim, or raises a suspicion: let the state machine decide.
  bool needs_command = false;
};

// Decides a GET without the state machine, which is where nearly all of them end: what GET hands
// out stands in the state already. `view` may be read by several threads at once.
FetchDecision DecideFetch(const CheckpointView& view, const Fetch& fetch);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_STATE_MACHINE_H_
