#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_OPERATOR_RULES_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_OPERATOR_RULES_H_

#include "absl/status/statusor.h"
#include "services/checkpoint_store/command.h"
#include "services/checkpoint_store/command_writes.h"

// The rules of what an operator does. On an error nothing is written.
namespace understudy::checkpoint_store {

absl::StatusOr<EnrolOutcome> DecideEnrol(const RuleContext& context, Enrol enrol,
                                         CommandWrites& writes);
absl::StatusOr<StagedChange> DecideStage(const RuleContext& context, Stage stage,
                                         CommandWrites& writes);
// The change that was taken back.
absl::StatusOr<StagedChange> DecideWithdraw(const RuleContext& context, const Withdraw& withdraw,
                                            CommandWrites& writes);
absl::Status DecideRevoke(const RuleContext& context, const Revoke& revoke, CommandWrites& writes);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_OPERATOR_RULES_H_
