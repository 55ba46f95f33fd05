#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_SERVER_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_SERVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/lifecycle/service_main.h"
#include "common/rpc/ports_file.h"
#include "services/membership/beat_receiver.h"
#include "services/membership/config.h"
#include "services/membership/station_registry.h"

namespace understudy::membership {

// The whole service: builds the real parts and owns the order in which they stop.
class Server final : public lifecycle::RunningService {
 public:
  // With the vault that the configuration names.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Config& config);
  // With another registry, for tests and benchmarks.
  static absl::StatusOr<std::unique_ptr<Server>> StartWith(
      const Config& config, std::unique_ptr<StationRegistry> registry);
  // Stops.
  ~Server() override;

  void AddStopSteps(lifecycle::StopSequence& stop) override;

  // "grpc", "beats" and, where configured, "health" and "metrics".
  const rpc::Ports& ports() const;
  // For benchmarks: what the receiving thread has done, and its CPU time.
  const BeatReceiver& receiver() const;

 private:
  class Parts;
  explicit Server(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_SERVER_H_
