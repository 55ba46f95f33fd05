#include "services/checkpoint_store/overdue_tracker.h"

#include <algorithm>

namespace understudy::checkpoint_store {
namespace {

constexpr uint64_t kCyclesToLearn = 3;

// From a store to when the device is late.
absl::Duration Patience(const OverduePolicy& policy, const Device& device) {
  const std::optional<absl::Duration> interval = IntervalOf(device);
  if (!interval.has_value() || device.revoked) return absl::InfiniteDuration();
  const double factor = device.told_interval > 0 ? 1 : policy.learned_factor;
  return factor * *interval + policy.grace;
}

}  // namespace

std::optional<absl::Duration> IntervalOf(const Device& device) {
  if (device.cycles > 0 && device.told_interval > 0) return absl::Seconds(device.told_interval);
  if (device.cycles < kCyclesToLearn) return std::nullopt;
  return device.learned_interval;
}

absl::Time DueAt(const OverduePolicy& policy, const Device& device) {
  return device.last_cycle + Patience(policy, device);
}

absl::Time OverdueTracker::DueHere(const Device& device) const {
  return std::max(DueAt(policy_, device), started_at_ + Patience(policy_, device));
}

bool OverdueTracker::Update(const Device& device) {
  const absl::Time due = DueHere(device);
  const auto [entry, is_new] = due_.try_emplace(device.number, due);
  if (!is_new && entry->second == due) return false;
  if (!is_new) waiting_.erase({entry->second, device.number});
  entry->second = due;
  if (due != absl::InfiniteFuture()) waiting_.insert({due, device.number});
  return overdue_.erase(device.number) > 0;
}

void OverdueTracker::Erase(DeviceNumber device) {
  const auto entry = due_.find(device);
  if (entry == due_.end()) return;
  waiting_.erase({entry->second, device});
  due_.erase(entry);
  overdue_.erase(device);
}

std::vector<DeviceNumber> OverdueTracker::Tick(absl::Time now) {
  std::vector<DeviceNumber> late;
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    late.push_back(waiting_.begin()->second);
    overdue_.insert(late.back());
    waiting_.erase(waiting_.begin());
  }
  return late;
}

}  // namespace understudy::checkpoint_store
