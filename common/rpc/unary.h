#ifndef UNDERSTUDY_COMMON_RPC_UNARY_H_
#define UNDERSTUDY_COMMON_RPC_UNARY_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"

namespace understudy::rpc {

// The answer that a unary handler owes, to be given later from any thread:
//
//   grpc::ServerUnaryReactor* Join(grpc::CallbackServerContext* context,
//                                  const JoinRequest* request, JoinResponse* response) override {
//     rpc::UnaryReply<JoinResponse> reply(context, response, kDomain);
//     grpc::ServerUnaryReactor* reactor = reply.reactor();
//     executor_.Post([this, request = *request, reply = std::move(reply)]() mutable {
//       reply.Finish(core_.Join(request));  // absl::StatusOr<JoinResponse>
//     });
//     return reactor;  // the reply may have been finished by now
//   }
//
// Move-only. Answer once; later answers are ignored. A reply that is destroyed unanswered (a task
// dropped by a stopped executor) finishes the call with INTERNAL REPLY_DROPPED, so that no caller
// hangs. Answering a call that was cancelled is fine.
template <typename Response>
class UnaryReply {
 public:
  // `context` and `response` are the handler's. `domain` is the errors', e.g.
  // "membership.understudy"; its text must live as long as the process.
  UnaryReply(grpc::CallbackServerContext* context, Response* response, std::string_view domain)
      : context_(context),
        reactor_(context->DefaultReactor()),
        response_(response),
        domain_(domain) {}
  UnaryReply(UnaryReply&& other) noexcept
      : context_(other.context_),
        reactor_(std::exchange(other.reactor_, nullptr)),
        response_(other.response_),
        domain_(other.domain_) {}
  UnaryReply& operator=(UnaryReply&& other) noexcept {
    if (this == &other) return *this;
    Drop();
    context_ = other.context_;
    reactor_ = std::exchange(other.reactor_, nullptr);
    response_ = other.response_;
    domain_ = other.domain_;
    return *this;
  }
  ~UnaryReply() { Drop(); }

  // What the handler returns. Take it before the reply is moved away.
  grpc::ServerUnaryReactor* reactor() const { return reactor_; }

  // Whether the caller has gone; worth asking before long work. False once answered.
  bool IsCancelled() const { return reactor_ != nullptr && context_->IsCancelled(); }

  void Finish(absl::StatusOr<Response> result) {
    if (!result.ok()) return Fail(result.status());
    if (reactor_ == nullptr) return;
    *response_ = *std::move(result);
    std::exchange(reactor_, nullptr)->Finish(grpc::Status::OK);
  }
  // `status` must be an error.
  void Fail(const absl::Status& status) {
    if (reactor_ == nullptr) return;
    std::exchange(reactor_, nullptr)->Finish(ToGrpcStatus(status, domain_));
  }

 private:
  void Drop() {
    if (reactor_ == nullptr) return;
    Fail(MakeError(absl::StatusCode::kInternal, "REPLY_DROPPED",
                   "the service dropped the request unanswered"));
  }

  grpc::CallbackServerContext* context_;
  // Null once answered.
  grpc::ServerUnaryReactor* reactor_;
  Response* response_;
  std::string_view domain_;
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_UNARY_H_
