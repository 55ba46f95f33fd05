#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_DEVICE_LINK_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_DEVICE_LINK_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/steady_time.h"
#include "services/station_agent/runtime/link/framing.h"
#include "services/station_agent/runtime/link/link.h"
#include "services/station_agent/tls_contexts.h"
#include "services/station_agent/watched_device.h"

namespace understudy::station_agent {

// Asks one device whether it is there, over a link that is kept open while the device answers. In a
// coroutine (of stack class kLarge where TLS is spoken) or an ordinary thread.
class DeviceLink {
 public:
  // `device` and `contexts` must outlive it.
  DeviceLink(const WatchedDevice& device, TlsContexts& contexts)
      : device_(device), contexts_(contexts) {}

  // OK when the device is there; the error says why not. DEADLINE_EXCEEDED when it does not answer
  // in time, CANCELLED when the coroutine was cancelled, UNAVAILABLE and FAILED_PRECONDITION (an
  // answer, but not the expected one) otherwise.
  absl::Status Probe(SteadyTime deadline);

 private:
  absl::Status Open(SteadyTime deadline);
  absl::StatusOr<std::unique_ptr<runtime::Link>> OpenTls(SteadyTime deadline);
  absl::StatusOr<std::unique_ptr<runtime::Link>> Connect(SteadyTime deadline);
  absl::Status Ask(SteadyTime deadline);
  absl::StatusOr<std::string> AskFramed(SteadyTime deadline);
  absl::StatusOr<std::string> AskPlain(SteadyTime deadline);
  void Close();

  const WatchedDevice& device_;
  TlsContexts& contexts_;
  std::unique_ptr<runtime::Link> link_;
  std::unique_ptr<runtime::Framer> framer_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_DEVICE_LINK_H_
