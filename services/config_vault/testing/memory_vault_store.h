#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_MEMORY_VAULT_STORE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_MEMORY_VAULT_STORE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/config_vault/vault_store.h"

namespace understudy::config_vault {

struct MemoryVaultState;

// A vault in memory, for tests: quick, and it fails when told to. What is committed counts as
// synced. Thread-safe.
class MemoryVaultStore final : public VaultStore {
 public:
  MemoryVaultStore();
  ~MemoryVaultStore() override;

  std::unique_ptr<VaultReader> Snapshot() const override;
  // Null unless SetReadableAtOnce.
  std::unique_ptr<VaultReader> SnapshotInMemory() const override {
    return readable_at_once_ ? Snapshot() : nullptr;
  }
  absl::Status Commit(const VaultBatch& batch) override;
  absl::Status Apply(const VaultBatch& batch, const ReplicaPosition& position) override;
  absl::Status Sync() override { return Recover(); }
  absl::Status Clear() override;
  absl::StatusOr<Epoch> AdvanceEpoch(Epoch above) override;
  absl::Status Recover() override;
  uint64_t DiskBytes() const override { return 0; }

  // As if nothing of it lay on a disk.
  void SetReadableAtOnce() { readable_at_once_ = true; }
  // Every write fails with `failure`, and Recover() too, until it is OK again.
  void SetFailure(absl::Status failure);
  // Called at the beginning of each Commit and Apply: a test may block it there.
  void OnCommit(std::function<void()> hook);

 private:
  absl::Status Write(const VaultBatch& batch, std::optional<ReplicaPosition> position);

  std::atomic<bool> readable_at_once_ = false;
  mutable absl::Mutex mutex_;
  // Snapshots share it; a commit makes a new one.
  std::shared_ptr<const MemoryVaultState> state_ ABSL_GUARDED_BY(mutex_);
  Epoch epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> on_commit_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_MEMORY_VAULT_STORE_H_
