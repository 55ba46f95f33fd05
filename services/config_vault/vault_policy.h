#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_POLICY_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_POLICY_H_

#include <cstdint>

namespace understudy::config_vault {

// What bounds the state. The same on every replica, or they would differ.
struct VaultPolicy {
  // Answers are remembered for this many of the latest writes that carried a request id.
  uint64_t remembered_requests = 65'536;
  uint64_t kept_finished_failovers = 10'000;
  // Revisions kept of each document, deletions included; 0 keeps all.
  uint64_t keep_revisions = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_POLICY_H_
