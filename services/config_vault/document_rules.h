#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_RULES_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_RULES_H_

#include "absl/status/statusor.h"
#include "services/config_vault/command.h"
#include "services/config_vault/command_writes.h"
#include "services/config_vault/vault_policy.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault {

// How writes of documents are decided. Each function adds its record writes to `writes`; when it
// returns an error, `writes` is to be dropped. Checked in this order: a request id seen before
// (the first answer is given again, whatever has happened since), the fence, the expected revision,
// and for a put whether the content is the latest already.

absl::StatusOr<Outcome> DecidePut(const VaultPolicy& policy, const VaultView& view, PutDocument put,
                                  CommandWrites& writes);
absl::StatusOr<Outcome> DecideRollback(const VaultPolicy& policy, const VaultView& view,
                                       const RollbackDocument& rollback, CommandWrites& writes);
// Deleting a document that is deleted already is NOT_FOUND DOCUMENT_NOT_FOUND.
absl::StatusOr<Outcome> DecideDelete(const VaultPolicy& policy, const VaultView& view,
                                     const DeleteDocument& deletion, CommandWrites& writes);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_RULES_H_
