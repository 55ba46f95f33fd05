#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_DEVICE_HANDLER_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_DEVICE_HANDLER_H_

#include <optional>
#include <string>

#include "common/time/clock.h"
#include "services/checkpoint_store/checkpoint_calls.h"
#include "services/checkpoint_store/http/http_server.h"
#include "services/checkpoint_store/operator_directory.h"

namespace understudy::checkpoint_store {

// Translates the devices' protocol to calls and back. Thread-safe.
class DeviceHandler final : public HttpHandler {
 public:
  // All must outlive the handler. `everyone_is_operator`: without TLS and tokens, on loopback.
  DeviceHandler(CheckpointCalls& calls, const OperatorDirectory& operators, const Clock& clock,
                bool everyone_is_operator)
      : calls_(calls),
        operators_(operators),
        clock_(clock),
        everyone_is_operator_(everyone_is_operator) {}

  void Handle(HttpRequest request, const HttpPeer& peer, Respond respond) override;

 private:
  struct Dispatch;

  std::optional<std::string> OperatorOf(const HttpRequest& request, const HttpPeer& peer) const;

  CheckpointCalls& calls_;
  const OperatorDirectory& operators_;
  const Clock& clock_;
  const bool everyone_is_operator_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_DEVICE_HANDLER_H_
