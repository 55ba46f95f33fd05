#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ROOT_RECORD_CODEC_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ROOT_RECORD_CODEC_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/config_vault/role.h"
#include "services/config_vault/root_key.h"

// The value of etcd's key `root`.
namespace understudy::config_vault::etcd {

std::string EncodeRoot(const RootRecord& record);
// DATA_LOSS CORRUPT_RECORD.
absl::StatusOr<RootRecord> DecodeRoot(std::string_view value);
// A sentinel's knowledge of that root; without a name where the value cannot be read.
RoleState DecodeRootState(std::string_view value, Epoch epoch);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ROOT_RECORD_CODEC_H_
