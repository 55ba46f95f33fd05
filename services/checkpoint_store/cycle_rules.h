#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CYCLE_RULES_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CYCLE_RULES_H_

#include "absl/status/statusor.h"
#include "services/checkpoint_store/command.h"
#include "services/checkpoint_store/command_writes.h"

// The rules of a device's cycle: GET and POST. Also on an error `writes` is to be kept: a refused
// request may raise a suspicion.
namespace understudy::checkpoint_store {

// What a GET meets, before anything is changed.
struct FetchExamination {
  // Null: unknown identifier.
  std::shared_ptr<const Device> device = {};
  // Of the answer.
  absl::Status status = {};
  // Where the refusal is a suspicion.
  std::optional<Event::Kind> suspicion = {};
  bool takes_staged = false;
  bool binds_claim = false;
};
FetchExamination ExamineFetch(const CheckpointView& view, const Fetch& fetch);

// What is handed out of a device in this state; the examination was OK.
//   NOT_FOUND NO_SUCH_CHECKPOINT, GENERATION_NOT_KEPT (metadata: next_identifier)
absl::StatusOr<FetchOutcome> HandOut(const Device& device, const Fetch& fetch);

absl::StatusOr<FetchOutcome> DecideFetch(const RuleContext& context, const Fetch& fetch,
                                         CommandWrites& writes);
absl::StatusOr<StoreOutcome> DecideStore(const RuleContext& context, Store store,
                                         CommandWrites& writes);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CYCLE_RULES_H_
