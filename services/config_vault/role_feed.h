#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ROLE_FEED_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ROLE_FEED_H_

#include <cstdint>
#include <functional>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/config_vault/role.h"

namespace understudy::config_vault {

// The role of this control node, for all who need to know it: WatchRole, the redirects of refused
// calls, metrics, health. Thread-safe.
class RoleFeed {
 public:
  using OnChange = std::function<void(const RoleState&)>;
  using SubscriberId = uint64_t;

  explicit RoleFeed(RoleState initial);

  RoleState current() const;

  // Tells all subscribers before it returns; says nothing when nothing has changed.
  void Publish(const RoleState& state);

  // Tells the current state before it returns, then each change in order: no state is told twice in
  // a row and none is left out. `on_change` runs on the thread of Subscribe or Publish, must not
  // block and must not call the feed. After Unsubscribe has returned it is not called again. Ids
  // are never 0.
  SubscriberId Subscribe(OnChange on_change);
  // As Subscribe, but is told the current state at each Repeat, too.
  SubscriberId SubscribeRepeated(OnChange on_change);
  void Unsubscribe(SubscriberId id);

  // Tells that the state stands, to those who want to know that this node is not frozen.
  void Repeat();

 private:
  struct Subscriber {
    OnChange on_change;
    bool repeated = false;
  };

  SubscriberId Add(OnChange on_change, bool repeated);

  mutable absl::Mutex mutex_;
  RoleState state_ ABSL_GUARDED_BY(mutex_);
  std::map<SubscriberId, Subscriber> subscribers_ ABSL_GUARDED_BY(mutex_);
  SubscriberId last_id_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ROLE_FEED_H_
