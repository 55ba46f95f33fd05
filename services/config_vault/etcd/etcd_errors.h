#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ERRORS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"

namespace understudy::config_vault::etcd {

// The one place where etcd's errors become those of EtcdClient. What is not known to have been
// refused counts as ETCD_UNREACHABLE: it may have happened. `error` is not OK.
absl::Status FromEtcd(const absl::Status& error);

// Whether a transaction with this error may have happened, or may happen still.
bool IsOutcomeUnknown(const absl::Status& error);

absl::Status Compacted(int64_t compact_revision);
absl::Status ClusterChanged(uint64_t expected, uint64_t found);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_ERRORS_H_
