#include "services/failover_orchestrator/testing/fake_station.h"

#include <grpcpp/channel.h>

#include <utility>

#include "common/rpc/channel.h"

namespace understudy::failover_orchestrator {

FakeStation::FakeStation(const std::string& address, const std::string& station_id,
                         const std::string& holding, const std::string& sha256)
    : stub_(v1::StationOrders::NewStub(rpc::MakeInsecureChannel(address))) {
  Stream::Options options;
  options.on_message = [this](v1::StationOrder order) { OnOrder(std::move(order)); };
  options.on_done = [this](const absl::Status& status) { ends_.Put(status); };
  stream_ =
      Stream::Start(*stub_->async(), &v1::StationOrders::Stub::async::Attend, std::move(options));
  if (station_id.empty()) return;
  v1::StationReply reply;
  reply.mutable_hello()->set_station_id(station_id);
  if (!holding.empty()) {
    reply.mutable_hello()->mutable_holding()->set_duty_id(holding);
    reply.mutable_hello()->mutable_holding()->set_document_sha256(sha256);
  }
  Send(reply);
}

FakeStation::~FakeStation() {
  Leave();
  if (!ended_) TakeEnd().IgnoreError();
}

absl::Status FakeStation::TakeEnd() {
  ended_ = true;
  return ends_.Take();
}

void FakeStation::OnOrder(v1::StationOrder order) {
  if (order.has_stage()) {
    stages_.Put(order.stage());
    return;
  }
  orders_.Put(std::move(order));
}

void FakeStation::SayAccepted(const v1::DutyOrder& order) {
  v1::StationReply reply;
  reply.mutable_accepted()->set_duty_id(order.duty_id());
  reply.mutable_accepted()->set_assignment_number(order.assignment_number());
  Send(reply);
}

void FakeStation::SayRunning(const v1::DutyOrder& order) {
  v1::StationReply reply;
  v1::Running& running = *reply.mutable_running();
  running.set_duty_id(order.duty_id());
  running.set_assignment_number(order.assignment_number());
  running.set_document_revision(order.document_revision());
  running.set_document_sha256(order.document_sha256());
  Send(reply);
}

void FakeStation::SayRefused(const v1::DutyOrder& order, const std::string& reason) {
  v1::StationReply reply;
  reply.mutable_refused()->set_duty_id(order.duty_id());
  reply.mutable_refused()->set_assignment_number(order.assignment_number());
  reply.mutable_refused()->set_reason(reason);
  Send(reply);
}

void FakeStation::SayStoodDown(const v1::StandDown& order) {
  v1::StationReply reply;
  reply.mutable_stood_down()->set_duty_id(order.duty_id());
  reply.mutable_stood_down()->set_assignment_number(order.assignment_number());
  Send(reply);
}

void FakeStation::Leave() { stream_->Cancel(); }

}  // namespace understudy::failover_orchestrator
