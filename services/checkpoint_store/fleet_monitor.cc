#include "services/checkpoint_store/fleet_monitor.h"

#include <utility>
#include <variant>

namespace understudy::checkpoint_store {

FleetMonitor::FleetMonitor(const OverduePolicy& policy, const Clock& clock,
                           const SharedDirectory& directory, StoreMetrics& metrics)
    : policy_(policy),
      clock_(clock),
      directory_(directory),
      metrics_(metrics),
      tracker_(policy, clock.WallNow()) {
  metrics_.disk_writable.Set(1);
}

void FleetMonitor::SetDiskListener(std::function<void(const absl::Status&)> listener) {
  absl::MutexLock lock(&mutex_);
  disk_listener_ = std::move(listener);
  if (disk_listener_ && !disk_ok_) disk_listener_(absl::UnavailableError("the disk fails"));
}

FleetMonitor::ListenerId FleetMonitor::Subscribe(
    const std::function<void(const std::vector<DeviceNumber>&)>& begin, Listener listener) {
  absl::MutexLock lock(&mutex_);
  begin({tracker_.overdue().begin(), tracker_.overdue().end()});
  listeners_[++last_listener_] = std::move(listener);
  return last_listener_;
}

void FleetMonitor::Unsubscribe(ListenerId id) {
  absl::MutexLock lock(&mutex_);
  listeners_.erase(id);
}

void FleetMonitor::Publish(const Event& event) {
  metrics_.CountEvent(event.kind);
  std::erase_if(listeners_, [&](const auto& entry) { return !entry.second(event); });
}

Event FleetMonitor::EventOf(Event::Kind kind, const Device& device, std::string text) const {
  return {.kind = kind,
          .device_id = device.id,
          .time = clock_.WallNow(),
          .generation = device.generation,
          .text = std::move(text)};
}

void FleetMonitor::Tick() {
  absl::MutexLock lock(&mutex_);
  for (const DeviceNumber number : tracker_.Tick(clock_.WallNow())) {
    const std::shared_ptr<const Device> device = directory_.With(
        [number](const DeviceDirectory& directory) { return directory.FindByNumber(number); });
    if (device == nullptr) continue;
    Publish(EventOf(Event::Kind::kOverdue, *device,
                    "no checkpoint since " + absl::FormatTime(absl::RFC3339_sec,
                                                              device->last_cycle,
                                                              absl::UTCTimeZone())));
  }
}

bool FleetMonitor::IsOverdue(DeviceNumber device) const {
  absl::MutexLock lock(&mutex_);
  return tracker_.IsOverdue(device);
}

std::vector<DeviceNumber> FleetMonitor::Overdue() const {
  absl::MutexLock lock(&mutex_);
  return {tracker_.overdue().begin(), tracker_.overdue().end()};
}

size_t FleetMonitor::overdue_count() const {
  absl::MutexLock lock(&mutex_);
  return tracker_.overdue().size();
}

void FleetMonitor::OnCommitted(size_t commands, absl::Duration took, const CheckpointBatch& batch,
                               const std::vector<Event>& events) {
  metrics_.commit_commands.Observe(static_cast<double>(commands));
  metrics_.commit_seconds.Observe(took);
  absl::MutexLock lock(&mutex_);
  for (const Event& event : events) Publish(event);
  for (const Mutation& mutation : batch.mutations) {
    if (const auto* write = std::get_if<WriteDevice>(&mutation)) {
      if (!tracker_.Update(*write->device)) continue;
      Publish(EventOf(Event::Kind::kBack, *write->device, "the device is back"));
    } else if (const auto* erased = std::get_if<EraseDevice>(&mutation)) {
      tracker_.Erase(erased->number);
    }
  }
}

void FleetMonitor::OnReloaded() {
  OverdueTracker fresh(policy_, clock_.WallNow());
  directory_.With([&](const DeviceDirectory& directory) {
    directory.ForEach([&](const Device& device) { (void)fresh.Update(device); });
  });
  absl::MutexLock lock(&mutex_);
  tracker_ = std::move(fresh);
}

void FleetMonitor::OnDiskState(const absl::Status& state) {
  metrics_.disk_writable.Set(state.ok() ? 1 : 0);
  absl::MutexLock lock(&mutex_);
  if (std::exchange(disk_ok_, state.ok()) == state.ok()) return;
  if (disk_listener_) disk_listener_(state);
}

void FleetMonitor::OnBlocked(const std::string& source, absl::Time time) {
  absl::MutexLock lock(&mutex_);
  Publish({.kind = Event::Kind::kSourceBlocked,
           .time = time,
           .source = source,
           .text = "blocked for guessing identifiers"});
}

}  // namespace understudy::checkpoint_store
