#ifndef UNDERSTUDY_TESTS_SIMULATION_STORE_DISK_H_
#define UNDERSTUDY_TESTS_SIMULATION_STORE_DISK_H_

#include <deque>
#include <memory>
#include <utility>

#include "common/random/random.h"
#include "services/config_vault/testing/memory_vault_store.h"

namespace understudy::simulation {

// A replica's store on a disk that forgets: after a crash a random part of what was applied since
// the last sync is gone, the latest first, each record together with its position.
class StoreDisk {
 public:
  StoreDisk();

  const config_vault::VaultStore& store() const { return *store_; }
  // As the production store's calls of the same names.
  void Apply(const config_vault::VaultBatch& batch, const config_vault::ReplicaPosition& position);
  void Clear();
  void Sync();

  // The node starts after a crash.
  void Forget(Random& random);

 private:
  using Write = std::pair<config_vault::VaultBatch, config_vault::ReplicaPosition>;

  void Play(size_t writes);

  std::unique_ptr<config_vault::MemoryVaultStore> store_;
  // The same without `unsynced_`.
  std::unique_ptr<config_vault::MemoryVaultStore> synced_;
  std::deque<Write> unsynced_;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_STORE_DISK_H_
