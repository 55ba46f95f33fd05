#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_READ_LEASE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_READ_LEASE_H_

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/time/steady_time.h"
#include "services/config_vault/document.h"
#include "services/config_vault/registry_records.h"

namespace understudy::config_vault {

// Whether the root may answer linearizable reads from its own store, without asking whoever orders
// the writes. Two must agree: the root claim, that nobody else can have become root yet, and the
// engine, that all that this root has written itself is in the store. Thread-safe; calls are short.
class ReadLease {
 public:
  // The root claim's part: under this epoch, no other node that is admitted at this revision of the
  // admitted nodes can have become root before `until`.
  struct Reign {
    Epoch epoch = 0;
    Revision nodes = 0;
    SteadyTime until = {};
  };
  void Renew(const Reign& reign);
  void Withdraw();

  // The engine's part: under this epoch all that was sent is in the store, or will never be done.
  struct Settled {
    Epoch epoch = 0;
    // Of the admitted nodes in the store.
    Revision nodes = 0;
    // Of the latest batch that the store must hold.
    int64_t batch_revision = 0;
  };
  void Settle(const Settled& settled);
  // Something is about to be sent, or its fate is not known.
  void Unsettle();

  // The batch that the store must hold to be read at `now`; nothing while there is no lease. A read
  // that began before `now` and looks at the store afterwards misses nothing.
  std::optional<int64_t> BatchToRead(SteadyTime now) const;

 private:
  mutable absl::Mutex mutex_;
  Reign reign_ ABSL_GUARDED_BY(mutex_);
  Settled settled_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_READ_LEASE_H_
