#include "services/station_agent/device_watch.h"

#include <utility>

#include "common/status/status.h"
#include "services/station_agent/device_link.h"

namespace understudy::station_agent {

DeviceWatch::DeviceWatch(const Clock& clock, runtime::Runtime& runtime,
                         std::vector<WatchedDevice> devices, OnChange on_change)
    : clock_(clock),
      runtime_(runtime),
      devices_(std::move(devices)),
      on_change_(std::move(on_change)) {}

void DeviceWatch::Start() {
  for (const WatchedDevice& device : devices_) {
    const bool tls = device.address.transport == DeviceTransport::kTls;
    runtime_.Spawn(
        [this, &device] { AskNowAndAgain(device); },
        {.name = runtime::InternName("device " + device.id),
         .stack_class = tls ? runtime::StackClass::kLarge : runtime::StackClass::kStandard});
  }
}

void DeviceWatch::AskNowAndAgain(const WatchedDevice& device) {
  DeviceLink link(device, tls_contexts_);
  DeviceVerdict verdict(device.misses);
  bool told = false;
  do {
    const absl::Status status = link.Probe(clock_.SteadyNow() + device.time_out);
    if (absl::IsCancelled(status)) return;
    const bool changed = verdict.Observe(status.ok());
    if (changed) on_change_(device.id, verdict.alive());
    // Once, too, of one that was never there.
    if (changed || (!told && !status.ok())) Tell(device, verdict.alive(), status);
    told = true;
  } while (runtime::PauseFor(device.every));
}

void DeviceWatch::Tell(const WatchedDevice& device, bool alive, const absl::Status& why) {
  if (alive) {
    log_.Info("the device {} answers", device.id);
  } else {
    log_.Warn("the device {} does not answer: {}", device.id, DescribeError(why));
  }
}

}  // namespace understudy::station_agent
