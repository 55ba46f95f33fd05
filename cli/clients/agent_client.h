#ifndef UNDERSTUDY_CLI_CLIENTS_AGENT_CLIENT_H_
#define UNDERSTUDY_CLI_CLIENTS_AGENT_CLIENT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "understudy/station_agent/v1/station_agent.pb.h"

namespace understudy::cli {

// The agent of a station on this machine. Calls wait for the answer, each with the connection's
// timeout. Thread-safe.
class AgentClient {
 public:
  virtual ~AgentClient() = default;

  virtual absl::StatusOr<station_agent::v1::GetStatusResponse> GetStatus() = 0;
  virtual absl::StatusOr<station_agent::v1::LeaveResponse> Leave(const std::string& reason) = 0;
  // At most `limit` of them.
  virtual absl::StatusOr<station_agent::v1::ListCoroutinesResponse> ListCoroutines(
      uint32_t limit) = 0;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CLIENTS_AGENT_CLIENT_H_
