#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SOLE_ROOT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SOLE_ROOT_H_

#include <memory>

#include "absl/time/time.h"
#include "common/executor/executor.h"
#include "common/time/clock.h"
#include "services/config_vault/reign.h"
#include "services/config_vault/role_feed.h"
#include "services/config_vault/root_key.h"

namespace understudy::config_vault {

// Makes the only vault of a site on etcd its root: it claims the place when it starts, whoever had
// it before, and never again, so that a second one started by mistake ends in one root and one
// sentinel instead of a quarrel. Sites with several control nodes have rules of their own for that.
//
// All runs on `executor`.
class SoleRoot {
 public:
  struct Parts {
    RootKey& key;
    Reign& reign;
    RoleFeed& role;
    Executor& executor;
    const Clock& clock;
  };
  // `record` is this node's; its instance was drawn for this start.
  SoleRoot(Parts parts, RootRecord record, absl::Duration retry_interval = absl::Milliseconds(200));

  void Start();
  // After the executor has stopped. Calls of the key that are under way may still come back: the
  // object must outlive the key's client.
  void Stop() { parts_.key.Unsubscribe(); }

 private:
  void Claim(Epoch expected);
  void OnClaimed(absl::StatusOr<RootKey::ClaimResult> result, Epoch expected);
  void OnChange(const RootClaim& claim);
  void Later(Epoch expected);

  const Parts parts_;
  const RootRecord record_;
  const absl::Duration retry_interval_;
  // Of the executor.
  bool won_ = false;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SOLE_ROOT_H_
