#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_VAULT_HARNESS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_VAULT_HARNESS_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/config_vault/command.h"
#include "services/config_vault/vault_policy.h"
#include "services/config_vault/vault_store.h"

// For tests of what stands on the state machine: makes commands, decides them and stores the
// result.
namespace understudy::config_vault {

// A put whose "frame" is the content itself: the state machine and the stores do not look into it.
PutDocument MakePut(std::string name, std::string_view content);
RollbackDocument MakeRollback(std::string name, Revision revision);
DeleteDocument MakeDelete(std::string name);
Station MakeStation(std::string id);
// Duty `id`, to be created under `epoch`, assigned to `station`.
CreateDuty MakeDuty(std::string id, std::string station, Epoch epoch);
ClaimDuty MakeClaim(std::string duty, AssignmentNumber number, std::string station, Epoch epoch);
Failover MakeFailover(std::string id, std::string duty, FailoverState state);

// Runs commands on a store as the embedded engine does.
class VaultHarness {
 public:
  explicit VaultHarness(std::unique_ptr<VaultStore> store, VaultPolicy policy = {},
                        Epoch epoch = 1);

  // Decides one command and commits what it changes. A store that fails ends the test.
  absl::StatusOr<Outcome> Apply(Command command);
  // Decides all of them in one batch.
  std::vector<absl::StatusOr<Outcome>> ApplyTogether(std::vector<Command> commands);
  // Apply, for writes of documents that must be accepted.
  DocumentOutcome Document(Command command);

  std::unique_ptr<VaultReader> Read() const { return store_->Snapshot(); }
  VaultStore& store() { return *store_; }
  void set_epoch(Epoch epoch) { epoch_ = epoch; }

 private:
  std::unique_ptr<VaultStore> store_;
  const VaultPolicy policy_;
  Epoch epoch_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_VAULT_HARNESS_H_
