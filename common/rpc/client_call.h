#ifndef UNDERSTUDY_COMMON_RPC_CLIENT_CALL_H_
#define UNDERSTUDY_COMMON_RPC_CLIENT_CALL_H_

#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/rpc/deadline.h"
#include "common/status/grpc_status.h"

namespace understudy::rpc {

// Cancels a call that is under way; the call's callback still runs, with CANCELLED or with what
// came first. Thread-safe, copyable; does nothing when the call is over.
class CallHandle {
 public:
  CallHandle() = default;
  explicit CallHandle(std::weak_ptr<grpc::ClientContext> context) : context_(std::move(context)) {}
  void Cancel() const {
    if (const auto context = context_.lock()) context->TryCancel();
  }

 private:
  std::weak_ptr<grpc::ClientContext> context_;
};

// How gRPC's generated code declares an asynchronous unary method.
template <typename Async, typename Request, typename Response>
using UnaryMethod = void (Async::*)(grpc::ClientContext*, const Request*, Response*,
                                    std::function<void(grpc::Status)>);

// Starts a unary call. `callback` takes an absl::StatusOr<Response>, runs exactly once, on a gRPC
// thread, and must not block. The stub may go away before the answer comes.
//
//   rpc::CallUnary(*stub.async(), &Documents::Stub::async::Get, request, absl::Seconds(1),
//                  [this](absl::StatusOr<GetResponse> response) { ... post ... });
template <typename Async, typename Request, typename Response>
CallHandle CallUnary(
    Async& async, UnaryMethod<Async, Request, Response> method, Request request,
    absl::Duration timeout,
    std::type_identity_t<absl::AnyInvocable<void(absl::StatusOr<Response>)>> callback) {
  struct Call {
    grpc::ClientContext context;
    Request request;
    Response response;
    absl::AnyInvocable<void(absl::StatusOr<Response>)> callback;
  };
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->callback = std::move(callback);
  SetTimeout(call->context, timeout);
  CallHandle handle(std::shared_ptr<grpc::ClientContext>(call, &call->context));
  (async.*method)(&call->context, &call->request, &call->response, [call](grpc::Status status) {
    if (status.ok()) {
      call->callback(std::move(call->response));
    } else {
      call->callback(FromGrpcStatus(status));
    }
  });
  return handle;
}

// The same, waiting for the answer: for command lines and tests, never on a gRPC thread.
template <typename Async, typename Request, typename Response>
absl::StatusOr<Response> CallUnaryAndWait(Async& async,
                                          UnaryMethod<Async, Request, Response> method,
                                          Request request, absl::Duration timeout) {
  // All of the call belongs to this thread, so that it, not gRPC's, releases the channel.
  grpc::ClientContext context;
  SetTimeout(context, timeout);
  Response response;
  grpc::Status status;
  absl::Notification answered;
  (async.*method)(&context, &request, &response, [&](grpc::Status given) {
    status = std::move(given);
    answered.Notify();
  });
  answered.WaitForNotification();
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_CLIENT_CALL_H_
