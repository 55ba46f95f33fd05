#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_RULES_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_RULES_H_

#include "absl/status/statusor.h"
#include "services/config_vault/command.h"
#include "services/config_vault/command_writes.h"
#include "services/config_vault/vault_policy.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault {

// What the registry's rules look at besides the command.
struct RegistryContext {
  const VaultPolicy& policy;
  const VaultView& view;
  // The epoch that the vault acts under.
  Epoch epoch;
};

// How writes of the registry are decided. Every command's epoch is checked first. Each function
// adds its record writes to `writes`; when it returns an error, `writes` is to be dropped. A
// repeated write that finds its own effect (the same station record, the same claim) succeeds and
// adds none.

absl::StatusOr<Outcome> Decide(const RegistryContext& context, PutStation put,
                               CommandWrites& writes);
absl::StatusOr<Outcome> Decide(const RegistryContext& context, RemoveStation removal,
                               CommandWrites& writes);
absl::StatusOr<Outcome> Decide(const RegistryContext& context, CreateDuty creation,
                               CommandWrites& writes);
absl::StatusOr<Outcome> Decide(const RegistryContext& context, const RemoveDuty& removal,
                               CommandWrites& writes);
absl::StatusOr<Outcome> Decide(const RegistryContext& context, ClaimDuty claim,
                               CommandWrites& writes);
absl::StatusOr<Outcome> Decide(const RegistryContext& context, ConfirmDuty confirmation,
                               CommandWrites& writes);
absl::StatusOr<Outcome> Decide(const RegistryContext& context, RecordFailover record,
                               CommandWrites& writes);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_RULES_H_
