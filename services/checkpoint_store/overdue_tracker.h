#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_OVERDUE_TRACKER_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_OVERDUE_TRACKER_H_

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "services/checkpoint_store/records.h"

namespace understudy::checkpoint_store {

struct OverduePolicy {
  // Beyond the interval that the device told, or a factor of the one that was learned.
  absl::Duration grace = absl::Seconds(30);
  double learned_factor = 1.5;
};

// The interval between stores: as the device told, or as learned from at least three; nothing
// before that.
std::optional<absl::Duration> IntervalOf(const Device& device);
// When the device is late; InfiniteFuture when its interval is not known, or it is revoked.
absl::Time DueAt(const OverduePolicy& policy, const Device& device);

// Which devices have missed their wake-up. Pure: time comes in. Not thread-safe.
class OverdueTracker {
 public:
  // Devices could not come while the store was down: nobody is late before a whole interval and the
  // grace after `started_at`.
  OverdueTracker(const OverduePolicy& policy, absl::Time started_at)
      : policy_(policy), started_at_(started_at) {}

  // Takes over what is known of a device now. True when it was overdue and has come back.
  bool Update(const Device& device);
  void Erase(DeviceNumber device);
  // The devices that have become overdue by `now`, longest first.
  std::vector<DeviceNumber> Tick(absl::Time now);

  const std::set<DeviceNumber>& overdue() const { return overdue_; }
  bool IsOverdue(DeviceNumber device) const { return overdue_.contains(device); }

 private:
  absl::Time DueHere(const Device& device) const;

  OverduePolicy policy_;
  absl::Time started_at_;
  // Those that are not overdue, by time.
  std::set<std::pair<absl::Time, DeviceNumber>> waiting_;
  absl::flat_hash_map<DeviceNumber, absl::Time> due_;
  std::set<DeviceNumber> overdue_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_OVERDUE_TRACKER_H_
