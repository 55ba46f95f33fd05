#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_STATION_REGISTRY_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_STATION_REGISTRY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/control_nodes/root_redirect.h"
#include "services/membership/member.h"

namespace understudy::membership {

enum class Role { kUnknown, kRoot, kSentinel };

struct RoleChange {
  Role role = Role::kUnknown;
  // Grows with every root.
  uint64_t epoch = 0;
  // Who that root is.
  RootRedirect root = {};
  // How long a reign may go on after the vault was heard last. Unless that is infinite, the vault
  // repeats its role several times within.
  absl::Duration act_alone_for = absl::InfiniteDuration();

  friend bool operator==(const RoleChange&, const RoleChange&) = default;
};

// What the site must not forget, in the vault's keeping, and whether we may act. Calls return at
// once; callbacks run exactly once (RoleCallback: any number of times), on any thread, possibly
// before the call returns, and must not block. Thread-safe.
class StationRegistry {
 public:
  using DoneCallback = absl::AnyInvocable<void(const absl::Status&)>;
  using ListCallback = absl::AnyInvocable<void(absl::StatusOr<std::vector<StationRecord>>)>;
  using RoleCallback = absl::AnyInvocable<void(RoleChange)>;

  virtual ~StationRegistry() = default;

  // OK once the record is on the vault's disk. FAILED_PRECONDITION STALE_EPOCH when another root
  // has taken over.
  virtual void Put(const StationRecord& record, uint64_t epoch, DoneCallback done) = 0;
  // NOT_FOUND STATION_NOT_FOUND.
  virtual void Remove(const std::string& station_id, uint64_t epoch, DoneCallback done) = 0;
  virtual void List(ListCallback done) = 0;
  // The role at once, then at each change, until `ended` says why there is no more.
  virtual void WatchRole(RoleCallback on_change, DoneCallback ended) = 0;

  // Cancels all that is under way and returns when every callback has run. Later calls fail.
  virtual void Stop() = 0;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_STATION_REGISTRY_H_
