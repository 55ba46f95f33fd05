#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_HOUSEHOLD_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_HOUSEHOLD_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace understudy::config_vault {

// Whether the vault's siblings are there: membership and failover-orchestrator of the same control
// node each keep a WatchRole stream open, which breaks at once when its process dies, and after
// the connection's keepalive when it hangs. Thread-safe.
class Household {
 public:
  using OnChange = std::function<void(bool whole)>;

  // A stream of this service began or ended. Names of no sibling are ignored.
  void Arrive(std::string_view service) { Count(service, +1); }
  void Leave(std::string_view service) { Count(service, -1); }

  bool whole() const;
  // The siblings that are not there, by name.
  std::vector<std::string> missing() const;

  // Told at once, then at each change, on the thread that makes it; must not block or call the
  // household. One listener; nullptr ends it.
  void SetListener(OnChange on_change);

 private:
  void Count(std::string_view service, int change);
  bool IsWhole() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, int, std::less<>> streams_ ABSL_GUARDED_BY(mutex_) = {
      {"membership", 0}, {"failover-orchestrator", 0}};
  OnChange on_change_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_HOUSEHOLD_H_
