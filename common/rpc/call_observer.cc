#include "common/rpc/call_observer.h"

#include <grpcpp/server_context.h>

#include <optional>
#include <string>

#include "common/rpc/request_id.h"

namespace understudy::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

bool IsOwnFault(grpc::StatusCode code) {
  return code == grpc::StatusCode::INTERNAL || code == grpc::StatusCode::UNKNOWN ||
         code == grpc::StatusCode::DATA_LOSS;
}

// Lives as long as its call.
class CallObserver final : public grpc::experimental::Interceptor {
 public:
  CallObserver(ServerRpcInfo* info, CallMetrics& metrics, const Clock& clock,
               const log::Logger& log)
      : info_(info),
        metrics_(metrics.ForMethod(info->method())),
        clock_(clock),
        log_(log),
        is_stream_(info->type() != ServerRpcInfo::Type::UNARY),
        begin_(clock.SteadyNow()) {
    if (is_stream_) metrics_.open_streams.Add(1);
  }
  ~CallObserver() override {
    if (is_stream_) metrics_.open_streams.Add(-1);
    // Gone without an answer.
    if (!done_) metrics_.CountDone(absl::StatusCode::kCancelled);
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      TakeRequestId(*methods);
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace(kRequestIdKey, RequestId());
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      NoteDone(methods->GetSendStatus());
    }
    methods->Proceed();
  }

 private:
  void TakeRequestId(InterceptorBatchMethods& methods) {
    const auto* metadata = methods.GetRecvInitialMetadata();
    if (metadata == nullptr) return;
    const auto found = metadata->find(kRequestIdKey);
    if (found == metadata->end()) return;
    const std::string_view given(found->second.data(), found->second.size());
    if (IsRequestId(given)) request_id_ = given;
  }

  const std::string& RequestId() {
    if (request_id_.empty()) request_id_ = NewRequestId();
    return request_id_;
  }

  void NoteDone(const grpc::Status& status) {
    if (done_) return;
    done_ = true;
    metrics_.CountDone(static_cast<absl::StatusCode>(status.error_code()));
    if (!is_stream_) metrics_.seconds.Observe(clock_.SteadyNow() - begin_);
    if (!IsOwnFault(status.error_code())) return;
    log_.With("method", info_->method())
        .With("request_id", RequestId())
        .With("peer", info_->server_context()->peer())
        .Error("a call failed: {}", status.error_message());
  }

  ServerRpcInfo* const info_;
  MethodMetrics& metrics_;
  const Clock& clock_;
  const log::Logger& log_;
  const bool is_stream_;
  const SteadyTime begin_;
  std::string request_id_;
  bool done_ = false;
};

class Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  Factory(CallMetrics& metrics, const Clock& clock, const log::Logger& log)
      : metrics_(metrics), clock_(clock), log_(log) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    return new CallObserver(info, metrics_, clock_, log_);
  }

 private:
  CallMetrics& metrics_;
  const Clock& clock_;
  const log::Logger& log_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeCallObserver(
    CallMetrics& metrics, const Clock& clock, const log::Logger& log) {
  return std::make_unique<Factory>(metrics, clock, log);
}

}  // namespace understudy::rpc
