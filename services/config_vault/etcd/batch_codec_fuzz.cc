// What etcd holds was written by a vault, or by whoever else may write to it.
#include <cstdint>
#include <string>

#include "services/config_vault/etcd/batch_codec.h"
#include "services/config_vault/mutation_codec.h"
#include "services/config_vault/testing/memory_vault_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace understudy::config_vault;  // NOLINT
  const etcd::SiteKeys keys("s");
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const etcd::RevisionEvents events{
      .revision = 1,
      .events = {{.value = {.key = keys.Document("a"), .value = bytes, .mod_revision = 1}},
                 {.value = {.key = keys.Batch(), .value = bytes, .mod_revision = 1}}}};
  const auto ordered = etcd::DecodeBatch(keys, events);
  if (ordered.ok() && ordered->has_value()) {
    MemoryVaultStore store;
    (void)store.Apply((*ordered)->batch, {.revision = 1});
    (void)etcd::EncodeBatch(keys, (*ordered)->origin, (*ordered)->batch);
  }
  (void)etcd::DecodeSummary(bytes);
  (void)storage::DecodeMutations(bytes);
  for (const std::string& key :
       {keys.Document("a"), keys.Station("a"), keys.Duty("a"), keys.Failover("a")}) {
    (void)etcd::DecodeCurrent(keys, {.key = key, .value = bytes});
  }
  return 0;
}
