#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_SERVER_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_SERVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/lifecycle/service_main.h"
#include "services/config_vault/config.h"

namespace understudy::config_vault {

// The whole vault in one process: store, engine, both services, listeners. Knows every concrete
// part and the order in which they start and stop.
class Server final : public lifecycle::RunningService {
 public:
  // Opens the data, takes a new epoch, listens. Errors are those of the store and of rpc::Server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Config& config);
  // Stops.
  ~Server() override;

  void AddStopSteps(lifecycle::StopSequence& stop) override;

  // Of the gRPC listener.
  int port() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_SERVER_H_
