#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATION_ORDERS_SERVICE_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATION_ORDERS_SERVICE_H_

#include <memory>
#include <string>

#include "common/control_nodes/root_redirect.h"
#include "common/executor/executor.h"
#include "common/rpc/stream_group.h"
#include "services/failover_orchestrator/collection_runner.h"
#include "services/failover_orchestrator/failover_metrics.h"
#include "services/failover_orchestrator/failover_runner.h"
#include "services/failover_orchestrator/station_streams.h"
#include "understudy/failover_orchestrator/v1/station_orders.grpc.pb.h"

namespace understudy::failover_orchestrator {

// The gRPC adapter of StationOrders: brings what stations say to the core.
class StationOrdersService final : public v1::StationOrders::CallbackService {
 public:
  struct Parts {
    Executor& executor;
    FailoverRunner& runner;
    CollectionRunner& collection;
    StationStreams& streams;
    FailoverMetrics& metrics;
    rpc::StreamGroup& group;
  };
  // `max_queue`: orders that may wait to be sent to one station; one more ends its stream.
  StationOrdersService(Parts parts, size_t max_queue) : parts_(parts), max_queue_(max_queue) {}

  grpc::ServerBidiReactor<v1::StationReply, v1::StationOrder>* Attend(
      grpc::CallbackServerContext* context) override;

  // While the vault says that it is no root, stations are sent to the one that is. On the executor.
  void SetSentinel(bool sentinel, const RootRedirect& root);

 private:
  using Session = StationStreams::Session;
  // One stream; only on the executor.
  struct Attendance {
    // Empty until `hello`.
    std::string station_id;
  };

  void OnReply(const std::shared_ptr<Attendance>& attendance,
               const std::shared_ptr<Session>& session, const v1::StationReply& reply);
  absl::Status OnHello(Attendance& attendance, const std::shared_ptr<Session>& session,
                       const v1::Hello& hello);
  absl::Status OnAttended(const std::string& station_id, const v1::StationReply& reply);
  absl::Status OnStaged(const std::string& station_id, const v1::Staged& staged);
  absl::Status OnRunning(const std::string& station_id, const v1::Running& running);
  absl::Status OnChangeWaits(const std::string& station_id, const v1::ChangeWaits& change);
  void OnCollected(const std::string& station_id, const v1::Collected& collected);
  void OnRefused(const std::string& station_id, const v1::Refused& refused);

  Parts parts_;
  const size_t max_queue_;
  bool sentinel_ = false;
  RootRedirect root_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STATION_ORDERS_SERVICE_H_
