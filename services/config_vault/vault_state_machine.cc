#include "services/config_vault/vault_state_machine.h"

#include <utility>
#include <variant>

#include "common/status/status.h"
#include "services/config_vault/document_rules.h"
#include "services/config_vault/registry_rules.h"

namespace understudy::config_vault {
namespace {

// Sends each kind of command to its rule.
class Decider {
 public:
  Decider(const RegistryContext& context, CommandWrites& writes)
      : context_(context), writes_(writes) {}

  absl::StatusOr<Outcome> operator()(PutDocument command) {
    return DecidePut(context_.policy, context_.view, std::move(command), writes_);
  }
  absl::StatusOr<Outcome> operator()(const RollbackDocument& command) {
    return DecideRollback(context_.policy, context_.view, command, writes_);
  }
  absl::StatusOr<Outcome> operator()(const DeleteDocument& command) {
    return DecideDelete(context_.policy, context_.view, command, writes_);
  }
  template <typename RegistryCommand>
  absl::StatusOr<Outcome> operator()(RegistryCommand command) {
    return Decide(context_, std::move(command), writes_);
  }

 private:
  const RegistryContext& context_;
  CommandWrites& writes_;
};

bool IsValidateOnly(const Command& command) {
  const auto* claim = std::get_if<ClaimDuty>(&command);
  return claim != nullptr && claim->validate_only;
}

}  // namespace

VaultStateMachine::VaultStateMachine(const VaultPolicy& policy, Epoch epoch, const VaultView& view)
    : policy_(policy), epoch_(epoch), view_(view) {}

absl::StatusOr<Outcome> VaultStateMachine::Apply(Command command) {
  CommandWrites writes;
  UNDERSTUDY_ASSIGN_OR_RETURN(writes.counters, view_.ReadCounters());
  const RegistryContext context{policy_, view_, epoch_};
  const bool validate_only = IsValidateOnly(command);
  UNDERSTUDY_ASSIGN_OR_RETURN(Outcome outcome,
                              std::visit(Decider(context, writes), std::move(command)));
  if (!validate_only) Keep(std::move(writes));
  return outcome;
}

void VaultStateMachine::Keep(CommandWrites writes) {
  for (Mutation& mutation : writes.mutations) {
    view_.Apply(mutation);
    if (const auto* write = std::get_if<WriteRevision>(&mutation)) {
      changes_.push_back(write->revision.info);
    }
    batch_.mutations.push_back(std::move(mutation));
  }
  view_.SetCounters(writes.counters);
  batch_.counters = writes.counters;
}

}  // namespace understudy::config_vault
