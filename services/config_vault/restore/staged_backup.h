#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_STAGED_BACKUP_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_STAGED_BACKUP_H_

#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/document/chained_digest.h"
#include "services/config_vault/restore/restorer.h"

namespace understudy::config_vault {

// A backup that arrives piece by piece and is put down in a file until it is whole: what is
// restored was checked from end to end before anything is given up for it. The file goes with the
// object.
// For one thread at a time.
class StagedBackup final : public BackupRecords {
 public:
  // `counters` is a storage.v1.CountersRecord. Takes the place of a file that an earlier process
  // has left at `path`. Errors, also of the others: DATA_LOSS CORRUPT_SNAPSHOT,
  // RESOURCE_EXHAUSTED DISK_FULL, UNAVAILABLE DISK_ERROR.
  static absl::StatusOr<std::unique_ptr<StagedBackup>> Create(const std::string& path,
                                                              std::string_view counters,
                                                              Epoch epoch);
  ~StagedBackup() override;

  // A piece is a storage.v1.MutationsRecord; that it is one is checked here.
  absl::Status Add(std::string_view piece);
  // After the last piece: OK when these are all there are, whole and in order.
  absl::Status Close(uint64_t pieces, std::string_view sha256);
  uint64_t pieces() const { return digest_.pieces(); }

  const Counters& counters() const override { return counters_; }
  Epoch epoch() const override { return epoch_; }
  absl::Status ForEachPiece(const Each& each) override;

 private:
  StagedBackup(std::string path, const Counters& counters, Epoch epoch);
  absl::Status DiskError(std::string_view doing) const;

  const std::string path_;
  const Counters counters_;
  const Epoch epoch_;
  std::fstream file_;
  ChainedDigest digest_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_STAGED_BACKUP_H_
