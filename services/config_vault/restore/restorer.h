#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_RESTORER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_RESTORER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/config_vault/vault_batch.h"

namespace understudy::config_vault {

// The records of a backup, whole and checked before anybody reads them here.
class BackupRecords {
 public:
  virtual ~BackupRecords() = default;

  // As they were when the backup was taken, and the epoch under which it was.
  virtual const Counters& counters() const = 0;
  virtual Epoch epoch() const = 0;
  // All records in the order in which they make a vault. Ends with the first error.
  using Each = std::function<absl::Status(std::vector<Mutation>)>;
  virtual absl::Status ForEachPiece(const Each& each) = 0;
};

struct RestoreOptions {
  // Give up what the vault holds. Without, only an empty vault takes a backup.
  bool replace = false;
  // Documents that belong to this vault and not to what it keeps: they stay as they are, and do not
  // make a vault other than empty.
  std::vector<std::string> kept_documents = {};
  // Of revisions that the restore itself writes.
  absl::Time time = absl::UnixEpoch();
};

struct Restored {
  Counters counters = {};
  // Higher than any before, here and where the backup was taken.
  Epoch epoch = 0;
};

// What an engine offers whose vault can be restored. Blocks; commands that are proposed meanwhile
// wait, or are refused as after a change of the root.
//   FAILED_PRECONDITION NOT_EMPTY: the vault holds something, and `replace` is not set
//   UNAVAILABLE         NOT_ROOT
//   those of the store and of the engine: the restore is to be repeated
class Restorer {
 public:
  virtual ~Restorer() = default;
  virtual absl::StatusOr<Restored> Restore(BackupRecords& backup,
                                           const RestoreOptions& options) = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_RESTORER_H_
