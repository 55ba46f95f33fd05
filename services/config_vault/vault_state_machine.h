#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_STATE_MACHINE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_STATE_MACHINE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "services/config_vault/command.h"
#include "services/config_vault/command_writes.h"
#include "services/config_vault/pending_view.h"
#include "services/config_vault/vault_batch.h"
#include "services/config_vault/vault_policy.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault {

// The rules of the vault: decides commands one after the other, on a state of the store and under
// one epoch, and gathers what they change into one batch. Deterministic: the same state, epoch and
// commands give the same answers and the same batch, on any machine. Nothing is stored here; a
// batch that cannot be stored is dropped with the object, and nothing has happened.
//
// One object is one batch:
//   VaultStateMachine machine(policy, epoch, view);
//   for each waiting command: outcome = machine.Apply(command);
//   store machine.batch(), then tell the outcomes, then announce machine.changes().
//
// Not thread-safe.
class VaultStateMachine {
 public:
  // `view` must outlive the object and not change under it.
  VaultStateMachine(const VaultPolicy& policy, Epoch epoch, const VaultView& view);

  // Decides a command. A refused one changes nothing; reasons are those of documents.proto and
  // registry.proto. Errors of the view itself refuse the command too.
  absl::StatusOr<Outcome> Apply(Command command);

  // What is to be stored; empty when nothing changed.
  const VaultBatch& batch() const { return batch_; }
  // The revisions of documents in the batch, for watchers, in order.
  const std::vector<DocumentInfo>& changes() const { return changes_; }

 private:
  void Keep(CommandWrites writes);

  const VaultPolicy policy_;
  const Epoch epoch_;
  PendingView view_;
  VaultBatch batch_;
  std::vector<DocumentInfo> changes_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_STATE_MACHINE_H_
