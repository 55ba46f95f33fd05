#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SITE_REWRITER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SITE_REWRITER_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/site_keys.h"
#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault::etcd {

struct Rewritten {
  // Where the replica that was written from stands now.
  ReplicaPosition position = {};
  int64_t epoch_base = 0;
  // The reign's epoch from now on: higher than `epoch` and `above`.
  Epoch epoch = 0;
};

// Puts what is current in a restored store in the place of a site's keys. Only the root may, under
// the epoch of its reign: every write compares the key `root`, and the last one writes it anew, so
// that the epoch grows, and a batch that has every other replica take a snapshot. Until then the
// key `restoring` says that the keys are not whole. Blocks.
//   UNAVAILABLE NOT_ROOT: another node became root; what is current may be half written, and the
//                         restore is to be repeated there
//   UNAVAILABLE ETCD_UNREACHABLE: likewise
absl::StatusOr<Rewritten> RewriteSite(EtcdClient& client, const SiteKeys& keys,
                                      const VaultReader& reader, Epoch epoch, Epoch above);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SITE_REWRITER_H_
