#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_TESTING_FAKE_STATION_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_TESTING_FAKE_STATION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/rpc/client_stream.h"
#include "common/rpc/testing/inbox.h"
#include "understudy/failover_orchestrator/v1/station_orders.grpc.pb.h"

namespace understudy::failover_orchestrator {

// A station's side of the orders stream. Says only what the test lets it say.
class FakeStation {
 public:
  // Attends at `address` and says hello.
  FakeStation(const std::string& address, const std::string& station_id,
              const std::string& holding = "", const std::string& sha256 = "");
  // Leaves and waits for the end.
  ~FakeStation();

  // The next order, waiting for it. Stage orders come apart, from TakeStage.
  v1::StationOrder TakeOrder() { return orders_.Take(); }
  // The next document that it is to stage.
  v1::Stage TakeStage() { return stages_.Take(); }
  // How the stream ended.
  absl::Status TakeEnd();

  void Send(const v1::StationReply& reply) { stream_->Send(reply); }
  void SayAccepted(const v1::DutyOrder& order);
  void SayRunning(const v1::DutyOrder& order);
  void SayRefused(const v1::DutyOrder& order, const std::string& reason);
  void SayStoodDown(const v1::StandDown& order);
  void Leave();

 private:
  using Stream = rpc::ClientStream<v1::StationReply, v1::StationOrder>;

  void OnOrder(v1::StationOrder order);

  std::unique_ptr<v1::StationOrders::Stub> stub_;
  rpc::testing::Inbox<v1::StationOrder> orders_;
  rpc::testing::Inbox<v1::Stage> stages_;
  rpc::testing::Inbox<absl::Status> ends_;
  bool ended_ = false;
  std::shared_ptr<Stream> stream_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_TESTING_FAKE_STATION_H_
