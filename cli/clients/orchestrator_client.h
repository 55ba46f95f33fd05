#ifndef UNDERSTUDY_CLI_CLIENTS_ORCHESTRATOR_CLIENT_H_
#define UNDERSTUDY_CLI_CLIENTS_ORCHESTRATOR_CLIENT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/clients/stream_watch.h"
#include "understudy/failover_orchestrator/v1/failover_orchestrator.pb.h"

namespace understudy::cli {

// Duties and failovers. Calls wait for the answer, each with the connection's timeout. Thread-safe.
class OrchestratorClient {
 public:
  virtual ~OrchestratorClient() = default;

  virtual absl::StatusOr<failover_orchestrator::v1::GetStatusResponse> GetStatus() = 0;
  virtual absl::StatusOr<failover_orchestrator::v1::ListFailoversResponse> ListFailovers(
      const failover_orchestrator::v1::ListFailoversRequest& request) = 0;
  virtual absl::StatusOr<failover_orchestrator::v1::GetFailoverResponse> GetFailover(
      const std::string& id) = 0;
  virtual absl::Status WatchFailovers(
      const Each<failover_orchestrator::v1::WatchFailoversResponse>& each) = 0;
  // Ends the watches that run now and those that begin later, with CANCELLED.
  virtual void EndWatches() = 0;
  // Not with the connection's timeout but with one that a failover fits into.
  virtual absl::StatusOr<failover_orchestrator::v1::DrillResponse> Drill(
      const failover_orchestrator::v1::DrillRequest& request) = 0;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CLIENTS_ORCHESTRATOR_CLIENT_H_
