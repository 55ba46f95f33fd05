#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_SERVER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_SERVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/lifecycle/service_main.h"
#include "services/station_agent/config.h"

namespace understudy::station_agent {

// Puts the real parts together and starts the agent.
absl::StatusOr<std::unique_ptr<lifecycle::RunningService>> StartServer(const Config& config);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_SERVER_H_
