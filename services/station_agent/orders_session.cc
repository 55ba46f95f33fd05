#include "services/station_agent/orders_session.h"

#include <grpcpp/channel.h>

#include <utility>

#include "common/rpc/backoff.h"
#include "common/rpc/client_stream.h"
#include "services/station_agent/control_channels.h"
#include "understudy/failover_orchestrator/v1/station_orders.grpc.pb.h"

namespace understudy::station_agent {
namespace {

namespace wire = failover_orchestrator::v1;

using Stream = rpc::ClientStream<wire::StationReply, wire::StationOrder>;

constexpr rpc::BackoffPolicy kReopen = {.initial = absl::Milliseconds(50),
                                        .maximum = absl::Seconds(1)};
// A stream that lived this long was a good one: the next wait is short again.
constexpr absl::Duration kGoodStream = absl::Seconds(5);

class GrpcOrdersSession final : public OrdersSession {
 public:
  GrpcOrdersSession(const Clock& clock, Random& random, std::shared_ptr<Executor> executor,
                    ControlChannels& channels, OrdersObserver& observer)
      : clock_(clock),
        random_(random),
        executor_(std::move(executor)),
        channels_(channels),
        observer_(observer) {}
  ~GrpcOrdersSession() override {
    if (stream_ != nullptr) stream_->Cancel();
  }

  void Attach() override {
    Detach();
    wanted_ = true;
    Open();
  }

  void Detach() override {
    wanted_ = false;
    if (timer_ != 0) executor_->Cancel(std::exchange(timer_, 0));
    ++stream_number_;
    if (stream_ == nullptr) return;
    std::exchange(stream_, nullptr)->Cancel();
    observer_.OnDetached(absl::CancelledError("the agent detached"));
  }

  bool attached() const override { return stream_ != nullptr; }

  void Reply(const DutyAction& action) override {
    if (stream_ == nullptr) return;
    if (auto reply = EncodeReply(action); reply.has_value()) stream_->Send(*std::move(reply));
  }
  void Say(const SyncReply& reply) override {
    if (stream_ != nullptr) stream_->Send(EncodeSyncReply(reply));
  }

 private:
  void Open() {
    timer_ = 0;
    opened_at_ = clock_.SteadyNow();
    const uint64_t number = ++stream_number_;
    const std::shared_ptr<wire::StationOrders::Stub> stub =
        wire::StationOrders::NewStub(channels_.To(channels_.root().orchestrator));
    stream_ = Stream::Start(
        *stub->async(), &wire::StationOrders::Stub::async::Attend,
        {.on_message =
             [this, executor = executor_, clock = &clock_, number](wire::StationOrder order) {
               executor->RunOrPost([this, number, arrived = clock->SteadyNow(),
                                    order = std::move(order)] {
                 OnMessage(number, arrived, order);
               });
             },
         .on_done =
             [this, stub, executor = executor_, number](const absl::Status& status) {
               executor->Post([this, number, status] { OnDone(number, status); });
             }});
    stream_->Send(EncodeHello(observer_.MakeAttendHello()));
    observer_.OnAttached();
  }

  void OnMessage(uint64_t number, SteadyTime arrived, const wire::StationOrder& message) {
    if (number != stream_number_) return;
    absl::StatusOr<StationOrder> order = DecodeOrder(message);
    if (order.ok()) {
      observer_.OnOrder(arrived, *std::move(order));
    } else {
      observer_.OnBadOrder(order.status());
    }
  }

  void OnDone(uint64_t number, const absl::Status& status) {
    if (number != stream_number_ || !wanted_) return;
    stream_ = nullptr;
    observer_.OnDetached(status);
    const SteadyTime now = clock_.SteadyNow();
    if (now - opened_at_ > kGoodStream) backoff_.Reset();
    timer_ = executor_->RunAt(now + backoff_.Next(random_), [this] { Open(); });
  }

  const Clock& clock_;
  Random& random_;
  // Shared with callbacks, which may come late.
  const std::shared_ptr<Executor> executor_;
  ControlChannels& channels_;
  OrdersObserver& observer_;
  rpc::Backoff backoff_{kReopen};
  bool wanted_ = false;
  Executor::TimerId timer_ = 0;
  SteadyTime opened_at_;
  // What earlier streams still say is of no interest.
  uint64_t stream_number_ = 0;
  std::shared_ptr<Stream> stream_;
};

}  // namespace

std::unique_ptr<OrdersSession> MakeGrpcOrdersSession(const Clock& clock, Random& random,
                                                     std::shared_ptr<Executor> executor,
                                                     ControlChannels& channels,
                                                     OrdersObserver& observer) {
  return std::make_unique<GrpcOrdersSession>(clock, random, std::move(executor), channels,
                                             observer);
}

}  // namespace understudy::station_agent
