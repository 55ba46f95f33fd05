#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_DEVICE_WATCH_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_DEVICE_WATCH_H_

#include <functional>
#include <string>
#include <vector>

#include "common/log/log.h"
#include "common/time/clock.h"
#include "services/station_agent/runtime/scheduler/runtime.h"
#include "services/station_agent/tls_contexts.h"
#include "services/station_agent/watched_device.h"

namespace understudy::station_agent {

// Asks each device of the configuration, in a coroutine of its own, whether it is there.
class DeviceWatch {
 public:
  // On the runtime's thread; must not wait.
  using OnChange = std::function<void(const std::string& id, bool alive)>;

  // `clock` and `runtime` must outlive it; the runtime must have stopped before it dies.
  DeviceWatch(const Clock& clock, runtime::Runtime& runtime, std::vector<WatchedDevice> devices,
              OnChange on_change);

  void Start();

 private:
  void AskNowAndAgain(const WatchedDevice& device);
  void Tell(const WatchedDevice& device, bool alive, const absl::Status& why);

  const Clock& clock_;
  runtime::Runtime& runtime_;
  const std::vector<WatchedDevice> devices_;
  const OnChange on_change_;
  TlsContexts tls_contexts_;
  const log::Logger log_{"device-watch"};
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_DEVICE_WATCH_H_
