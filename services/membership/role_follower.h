#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_ROLE_FOLLOWER_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_ROLE_FOLLOWER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/executor/executor.h"
#include "common/log/log.h"
#include "common/random/random.h"
#include "common/rpc/backoff.h"
#include "common/time/clock.h"
#include "services/membership/station_registry.h"

namespace understudy::membership {

// Follows the role of the vault beside us. When it becomes root, reads the registry and lets the
// reign begin. While a vault does not answer, a reign goes on under its last epoch, since stations
// must be watched while the vault restarts; where other control nodes may take over meanwhile, only
// for as long as the vault has said. An epoch older than one that was known is refused.
//
// Lives on `executor`: all calls and callbacks are made there.
class RoleFollower {
 public:
  struct Callbacks {
    // We are root, and this is what the vault knows.
    std::function<void(uint64_t epoch, std::vector<StationRecord>)> begin;
    // Still root, under another epoch.
    std::function<void(uint64_t epoch)> new_epoch;
    // No longer root.
    std::function<void()> end;
    // The vault is a sentinel; told each time that it says so. May be null.
    std::function<void()> standing_by = {};
  };

  // All must outlive the follower.
  RoleFollower(Executor& executor, const Clock& clock, Random& random, StationRegistry& registry,
               Callbacks callbacks);

  void Start();

  // The root, as far as it is known.
  const RootRedirect& root() const { return role_.root; }
  bool is_root() const { return role_.role == Role::kRoot; }
  bool is_sentinel() const { return role_.role == Role::kSentinel; }

 private:
  void Watch();
  void OnRole(RoleChange change);
  void EndReign();
  void StandByWhenAlone();
  void OnWatchEnded(const absl::Status& status);
  void ReadStations();
  void OnStations(uint64_t epoch, absl::StatusOr<std::vector<StationRecord>> records);
  void After(absl::Duration delay, std::function<void()> task);

  Executor& executor_;
  const Clock& clock_;
  Random& random_;
  StationRegistry& registry_;
  const Callbacks callbacks_;
  const log::Logger log_{"membership"};
  rpc::Backoff watch_backoff_;
  rpc::Backoff read_backoff_;
  RoleChange role_;
  uint64_t newest_epoch_ = 0;
  bool reigning_ = false;
  // While the vault is out of sight and others may take over.
  std::optional<Executor::TimerId> alone_;
  bool reading_ = false;
  // So that an outage is one line in the log, not one per attempt.
  bool outage_logged_ = false;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_ROLE_FOLLOWER_H_
