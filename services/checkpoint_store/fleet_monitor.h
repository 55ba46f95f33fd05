#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_FLEET_MONITOR_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_FLEET_MONITOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/time/clock.h"
#include "services/checkpoint_store/checkpoint_calls.h"
#include "services/checkpoint_store/checkpoint_engine.h"
#include "services/checkpoint_store/overdue_tracker.h"
#include "services/checkpoint_store/shared_directory.h"
#include "services/checkpoint_store/store_metrics.h"

namespace understudy::checkpoint_store {

// Watches over all devices: who is overdue, and what happens, for those who listen. Thread-safe.
class FleetMonitor final : public EngineObserver, public BlockObserver {
 public:
  // Called with every event; must not block. Returns false when it wants no more.
  using Listener = std::function<bool(const Event&)>;
  using ListenerId = uint64_t;

  // All must outlive the monitor.
  FleetMonitor(const OverduePolicy& policy, const Clock& clock, const SharedDirectory& directory,
               StoreMetrics& metrics);

  // Told of the disk's state from now on; null ends it.
  void SetDiskListener(std::function<void(const absl::Status&)> listener);

  // Calls `begin` with the overdue devices (their numbers), and then `listener` with everything
  // that happens after that.
  ListenerId Subscribe(const std::function<void(const std::vector<DeviceNumber>&)>& begin,
                       Listener listener);
  void Unsubscribe(ListenerId id);

  // Finds what time has brought about. Call it every second or so.
  void Tick();

  bool IsOverdue(DeviceNumber device) const;
  std::vector<DeviceNumber> Overdue() const;
  size_t overdue_count() const;

  // EngineObserver.
  void OnCommitted(size_t commands, absl::Duration took, const CheckpointBatch& batch,
                   const std::vector<Event>& events) override;
  void OnReloaded() override;
  void OnDiskState(const absl::Status& state) override;
  // BlockObserver.
  void OnBlocked(const std::string& source, absl::Time time) override;

 private:
  void Publish(const Event& event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Event EventOf(Event::Kind kind, const Device& device, std::string text) const;

  const OverduePolicy policy_;
  const Clock& clock_;
  const SharedDirectory& directory_;
  StoreMetrics& metrics_;
  mutable absl::Mutex mutex_;
  OverdueTracker tracker_ ABSL_GUARDED_BY(mutex_);
  std::map<ListenerId, Listener> listeners_ ABSL_GUARDED_BY(mutex_);
  ListenerId last_listener_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void(const absl::Status&)> disk_listener_ ABSL_GUARDED_BY(mutex_);
  bool disk_ok_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_FLEET_MONITOR_H_
