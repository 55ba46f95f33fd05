#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_SERVER_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_SERVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/lifecycle/service_main.h"
#include "common/rpc/ports_file.h"
#include "services/failover_orchestrator/config.h"

namespace understudy::failover_orchestrator {

// The whole service: builds the parts and knows in which order they stop.
class Server final : public lifecycle::RunningService {
 public:
  static absl::StatusOr<std::unique_ptr<lifecycle::RunningService>> Start(const Config& config);
  // The same, for tests that ask for its ports.
  static absl::StatusOr<std::unique_ptr<Server>> Make(const Config& config);
  ~Server() override;

  void AddStopSteps(lifecycle::StopSequence& stop) override;
  const rpc::Ports& ports() const;

 private:
  class Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_SERVER_H_
