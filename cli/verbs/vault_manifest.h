#ifndef UNDERSTUDY_CLI_VERBS_VAULT_MANIFEST_H_
#define UNDERSTUDY_CLI_VERBS_VAULT_MANIFEST_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/vault_backup/backup_file.h"

// What the verbs that read backups have in common.
namespace understudy::cli {

// A file that was read from end to end and found whole.
struct CheckedBackup {
  BackupManifest manifest = {};
  uint64_t pieces = 0;
  uint64_t bytes = 0;
};

// NOT_FOUND FILE_NOT_READABLE, and those of BackupReader.
absl::StatusOr<CheckedBackup> CheckBackup(const std::string& file);

// "site.vault: 412 documents with 4,120 revisions, ...", one line; or all of it as JSON.
void PrintBackup(Context& context, const std::string& file, const CheckedBackup& backup);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERBS_VAULT_MANIFEST_H_
