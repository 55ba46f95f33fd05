#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_DEVICE_SIDE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_DEVICE_SIDE_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/station_agent/runtime/scheduler/runtime.h"
#include "services/station_agent/runtime_metrics.h"

namespace understudy::station_agent {

// What the agent's coroutines do at one moment. Names and reasons live for ever.
struct CoroutineList {
  std::vector<runtime::CoroutineReport> coroutines;
  // Alive, listed or not.
  size_t total = 0;
};

// Where the agent does what may wait for devices, processes or the machine: the coroutine runtime,
// with its counts in the metrics and whoever hogs its thread named in the log.
class DeviceSide {
 public:
  // One thread: the agent's own conversations are few, and each thread costs memory and wake-ups.
  static constexpr int kThreads = 1;

  // Both must outlive it. The runtime runs from here on.
  DeviceSide(const Clock& clock, metrics::Registry& registry);
  // Stops.
  ~DeviceSide();

  runtime::Runtime& runtime() { return runtime_; }
  // Any thread. `callback` is called on the runtime's thread with the first `limit` coroutines and
  // must not wait. False after Stop: it will not be called.
  bool ListCoroutines(size_t limit, std::function<void(const CoroutineList&)> callback);
  // Cancels all coroutines and waits for their ends. Idempotent.
  void Stop();

 private:
  runtime::RuntimeOptions Options();
  void CountNowAndAgain();

  const log::Logger log_{"device-side"};
  RuntimeMetrics metrics_;
  runtime::Runtime runtime_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_DEVICE_SIDE_H_
