#ifndef UNDERSTUDY_CLI_CHECKPOINT_FLEET_FLEET_SIMULATION_H_
#define UNDERSTUDY_CLI_CHECKPOINT_FLEET_FLEET_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "cli/checkpoint_fleet/simulated_device.h"
#include "common/time/steady_time.h"

namespace understudy::cli {

struct FleetSettings {
  DeviceSettings device = {};
  size_t devices = 1'000;
  // Devices awake at the same time at most: one thread each.
  size_t awake = 32;
  // Their names in the store are this, a hyphen and a number.
  std::string prefix = {};
  std::string token = {};
};

// How it goes so far.
struct FleetFigures {
  absl::Duration elapsed;
  size_t enrolled = 0;
  uint64_t cycles = 0;
  uint64_t failed = 0;
  // Got back what was never stored: must stay 0.
  uint64_t mismatched = 0;
  uint64_t from_operator = 0;
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
  uint64_t resumed = 0;
  // Of the last 10,000 cycles that succeeded.
  absl::Duration p50;
  absl::Duration p99;
  // Began later than it should have: too many were awake already.
  uint64_t late = 0;
  std::string last_failure;
};

// Many simulated devices that wake at their intervals, spread over it.
class FleetSimulation {
 public:
  // `address` and `tls` (may be null) must outlive it.
  FleetSimulation(const FleetSettings& settings, const StoreAddress& address, SSL_CTX* tls);
  ~FleetSimulation();

  // Creates all devices. The first error, or CANCELLED.
  absl::Status Enrol(const std::function<bool()>& cancelled);
  // Cycles for `duration` (or until `cancelled`), calling `report` about once a second; then lets
  // those that are awake finish.
  void Run(absl::Duration duration, const std::function<bool()>& cancelled,
           const std::function<void(const FleetFigures&)>& report);

  FleetFigures figures() const;

 private:
  struct Due {
    SteadyTime at;
    size_t device;
    bool operator>(const Due& other) const { return at > other.at; }
  };
  using Schedule = std::priority_queue<Due, std::vector<Due>, std::greater<>>;

  void EnrolLoop();
  void CycleLoop();
  // The next device that is due; nothing when it is time to end.
  bool Next(Due& due);
  void Count(size_t device, const SimulatedDevice::Cycle& cycle, absl::Duration took);
  void StartThreads(void (FleetSimulation::*loop)());

  const FleetSettings settings_;
  std::vector<std::unique_ptr<SimulatedDevice>> devices_;

  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  size_t next_to_enrol_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status enrolment_ ABSL_GUARDED_BY(mutex_);
  Schedule schedule_ ABSL_GUARDED_BY(mutex_);
  SteadyTime started_ ABSL_GUARDED_BY(mutex_);
  FleetFigures figures_ ABSL_GUARDED_BY(mutex_);
  // Of each device at its last cycle, so that nobody looks into one that is awake.
  struct Traffic {
    uint64_t sent = 0;
    uint64_t received = 0;
    uint64_t resumed = 0;
  };
  std::vector<Traffic> traffic_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Duration> latencies_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;

  std::vector<std::thread> threads_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CHECKPOINT_FLEET_FLEET_SIMULATION_H_
