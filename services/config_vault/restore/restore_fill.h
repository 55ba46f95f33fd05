#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_RESTORE_FILL_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_RESTORE_FILL_H_

#include "absl/status/statusor.h"
#include "services/config_vault/restore/restorer.h"
#include "services/config_vault/vault_store.h"

namespace understudy::config_vault {

// Puts a backup's records in the place of the store's, and leaves the store `filling`: the engine
// gives it its position when it has made the change known. What stands afterwards:
//
// - Documents are the backup's, with all their revisions under the numbers that they had. The
//   vault's revision never goes back: a document that a watcher would not be told of, because it
//   is older than what the vault had reached, gets one more revision on top; a document that the
//   backup lacks gets a deletion.
// - `kept_documents` are this vault's; one that it lacks is not taken from the backup.
// - Stations that this vault knows stay as they are here; the backup's others are added.
// - Where this vault has duties or failovers of its own, those stay, with their assignments; of the
//   backup's duties the missing ones are added, assigned to nobody. Else all are the backup's.
// - Remembered request ids are the backup's.
//
// What the vault had is held in memory meanwhile, but for the documents' content: some 300 bytes a
// document, and the registry. Errors: NOT_EMPTY, then nothing has changed; and those of the store.
absl::StatusOr<Counters> FillFromBackup(VaultStore& store, BackupRecords& backup,
                                        const RestoreOptions& options);

// Empties a store that an embedded engine finds `filling`: a restore was broken off. False when it
// is as it should be. The revision does not go back.
absl::StatusOr<bool> DropUnfinishedRestore(VaultStore& store);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_RESTORE_FILL_H_
