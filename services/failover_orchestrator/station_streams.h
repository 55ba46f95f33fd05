#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATION_STREAMS_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATION_STREAMS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/rpc/server_session.h"
#include "services/failover_orchestrator/collection_planner.h"
#include "services/failover_orchestrator/ports.h"
#include "understudy/failover_orchestrator/v1/station_orders.pb.h"

namespace understudy::failover_orchestrator {

// The open stream of each station that attends. Lives on the runner's executor: all calls are made
// there.
class StationStreams final : public StationPort {
 public:
  using Session = rpc::ServerSession<v1::StationReply, v1::StationOrder>;

  explicit StationStreams(size_t max_stations) : max_stations_(max_stations) {}

  // An earlier stream of the station is ended with ABORTED REPLACED. RESOURCE_EXHAUSTED SITE_FULL.
  absl::Status Add(const std::string& station_id, std::shared_ptr<Session> session);
  // True when it was the station's current stream.
  bool Remove(const std::string& station_id, const Session* session);
  bool IsCurrent(const std::string& station_id, const Session* session) const;
  // Ends all streams.
  void EndAll(const absl::Status& status);

  bool Send(const SendActivate& order) override;
  bool Send(const SendHold& order) override;
  bool Send(const SendStandDown& order) override;
  bool Send(const SendStage& order) override;
  bool Send(const SendUnstage& order) override;
  bool Send(const CollectionPlanner::Collection& order);

 private:
  bool SendTo(const std::string& station_id, v1::StationOrder order);

  const size_t max_stations_;
  std::map<std::string, std::shared_ptr<Session>> sessions_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATION_STREAMS_H_
