#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_SERVER_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_SERVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/lifecycle/service_main.h"
#include "services/checkpoint_store/config.h"

namespace understudy::checkpoint_store {

// The whole store in one process: data, engine, both faces. Knows every concrete part and the order
// in which they start and stop.
class Server final : public lifecycle::RunningService {
 public:
  // Opens the data and listens. Errors are those of the store, the TLS and key and token files, and
  // the listeners.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Config& config);
  // Stops.
  ~Server() override;

  void AddStopSteps(lifecycle::StopSequence& stop) override;

  // Of the gRPC listener, and of the devices' one.
  int port() const;
  int http_port() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_SERVER_H_
