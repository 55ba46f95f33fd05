#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_CALLS_HARNESS_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_CALLS_HARNESS_H_

#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "common/metrics/metrics.h"
#include "common/time/simulated_clock.h"
#include "services/checkpoint_store/checkpoint_calls.h"
#include "services/checkpoint_store/fleet_monitor.h"
#include "services/checkpoint_store/testing/checkpoint_harness.h"
#include "services/checkpoint_store/testing/memory_checkpoint_store.h"

namespace understudy::checkpoint_store {

// All of a server but its two faces, over a store in memory: for tests of what the faces call. Time
// stands still; the engine's thread runs.
class CallsHarness {
 public:
  explicit CallsHarness(const GuessPolicy& guard = {});

  // Calls `start(done)` and waits until `done` was called.
  template <typename Value, typename Start>
  static absl::StatusOr<Value> Await(Start start) {
    absl::StatusOr<Value> result = absl::UnknownError("not called");
    absl::Notification called;
    start([&](absl::StatusOr<Value> value) {
      result = std::move(value);
      called.Notify();
    });
    called.WaitForNotification();
    return result;
  }

  absl::StatusOr<EnrolOutcome> Enrol(const Identifier& identifier, const std::string& device_id,
                                     const std::string& content);
  absl::StatusOr<FetchReply> Fetch(const Identifier& identifier);

  CheckpointCalls& calls() { return *calls_; }
  const SimulatedClock& clock() const { return clock_; }
  FleetMonitor& monitor() { return monitor_; }
  StoreMetrics& metrics() { return metrics_; }
  const MemoryCheckpointStore& store() const { return store_; }
  const SharedDirectory& directory() const { return directory_; }

 private:
  SimulatedClock clock_;
  metrics::Registry registry_;
  StoreMetrics metrics_{registry_};
  MemoryCheckpointStore store_;
  SharedDirectory directory_{HashKey{}};
  SeededIdentifierSource source_{1};
  FleetMonitor monitor_{{}, clock_, directory_, metrics_};
  std::unique_ptr<CheckpointEngine> engine_;
  std::unique_ptr<CheckpointCalls> calls_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_CALLS_HARNESS_H_
