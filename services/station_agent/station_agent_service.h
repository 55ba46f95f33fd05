#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_STATION_AGENT_SERVICE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_STATION_AGENT_SERVICE_H_

#include <memory>
#include <string>

#include "services/station_agent/agent.h"
#include "services/station_agent/device_side.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace understudy::station_agent {

// The StationAgent service of one agent, which must outlive the calls, as must its device side.
std::unique_ptr<grpc::Service> MakeStationAgentService(Agent& agent, DeviceSide& device_side,
                                                       const std::string& station_id,
                                                       SyncMode sync_mode);

// As the health service knows it.
std::string StationAgentServiceName();

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_STATION_AGENT_SERVICE_H_
