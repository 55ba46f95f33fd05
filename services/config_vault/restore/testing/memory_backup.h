#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_TESTING_MEMORY_BACKUP_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_TESTING_MEMORY_BACKUP_H_

#include <vector>

#include "services/config_vault/etcd/snapshot.h"
#include "services/config_vault/restore/restorer.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault {

// A backup of what a reader sees, in memory.
class MemoryBackup final : public BackupRecords {
 public:
  MemoryBackup(const VaultReader& reader, Epoch epoch) : epoch_(epoch) {
    // Small pieces, so that there are several.
    status_ = etcd::ReadSnapshot(reader, {.piece_bytes = 1024, .piece_mutations = 3},
                                 [&](const VaultBatch& piece) {
                                   counters_ = piece.counters;
                                   pieces_.push_back(piece.mutations);
                                   return absl::OkStatus();
                                 });
  }

  const Counters& counters() const override { return counters_; }
  Epoch epoch() const override { return epoch_; }
  absl::Status ForEachPiece(const Each& each) override {
    for (const std::vector<Mutation>& piece : pieces_) {
      if (status_.ok()) status_ = each(piece);
    }
    return status_;
  }

  // After all pieces, as if the last could not be read.
  void Fail(absl::Status status) { status_ = std::move(status); }

 private:
  const Epoch epoch_;
  Counters counters_;
  std::vector<std::vector<Mutation>> pieces_;
  absl::Status status_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_RESTORE_TESTING_MEMORY_BACKUP_H_
