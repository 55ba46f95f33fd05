#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_READINESS_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_READINESS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/clients/membership_client.h"
#include "cli/clients/orchestrator_client.h"
#include "cli/local_fleet/station_spec.h"

namespace understudy::cli {

// What keeps a fleet of these stations from being ready; empty when it is: every station is alive,
// every duty of theirs runs and has its document, and every spare holds the documents that it may
// inherit.
std::string NotReadyBecause(const std::vector<StationSpec>& stations,
                            const membership::v1::ListResponse& members,
                            const failover_orchestrator::v1::GetStatusResponse& duties);

// Asks until the fleet is ready. DEADLINE_EXCEEDED NOT_READY says what is missing; CANCELLED when
// `interrupted` says so.
absl::Status AwaitReady(const std::vector<StationSpec>& stations, MembershipClient& membership,
                        OrchestratorClient& orchestrator, absl::Duration timeout,
                        const std::function<bool()>& interrupted);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_READINESS_H_
