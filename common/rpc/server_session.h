#ifndef UNDERSTUDY_COMMON_RPC_SERVER_SESSION_H_
#define UNDERSTUDY_COMMON_RPC_SERVER_SESSION_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "common/rpc/server_sender.h"

namespace understudy::rpc {

// The server's side of a bidirectional call, with a bounded queue of outgoing messages:
//
//   using Session = rpc::ServerSession<StationMessage, MembershipMessage>;
//   grpc::ServerBidiReactor<StationMessage, MembershipMessage>* Converse(
//       grpc::CallbackServerContext* context) override {
//     auto session = Session::Make(
//         [this](const std::shared_ptr<Session>& from, StationMessage message) {
//           executor_.Post([this, from, message = std::move(message)] { ... });
//         },
//         {.domain = kDomain,
//          .on_done = [this](const absl::Status&) { ... },
//          .context = context});
//     return session.get();
//   }
//
// `on_message` is called on a gRPC thread, one message at a time, and must not block; the next
// message is read when it returns. Where it only posts to an executor, that lets a caller fill the
// executor's queue: set `read_on_demand`, and call ReadNext when a message has been dealt with.
// Then each session has at most one message in hand, and gRPC's flow control slows its caller down.
//
// When the caller closes its half, the session ends with OK. The handle may be kept after the call
// is over: Send then returns false.
template <typename Request, typename Response>
class ServerSession final
    : public ServerSender<grpc::ServerBidiReactor<Request, Response>, Response> {
  using Sender = ServerSender<grpc::ServerBidiReactor<Request, Response>, Response>;

 public:
  using OnMessage = absl::AnyInvocable<void(const std::shared_ptr<ServerSession>&, Request)>;

  // The result must be returned (`.get()`) from the handler.
  static std::shared_ptr<ServerSession> Make(OnMessage on_message, StreamOptions options) {
    std::shared_ptr<ServerSession> session(
        new ServerSession(std::move(on_message), std::move(options)));
    session->weak_self_ = session;
    Sender::Hold(session);
    session->ReadNext();
    return session;
  }

  // With `read_on_demand`: reads the next message. From any thread; does nothing while one is being
  // read, or after the end.
  void ReadNext() {
    this->UnlessFinished([this] {
      if (std::exchange(reading_, true)) return;
      request_.Clear();
      this->StartRead(&request_);
    });
  }

  void OnReadDone(bool ok) override {
    if (!ok) return OnReadingEnded();
    Request request = std::move(request_);
    this->UnlessFinished([this] { reading_ = false; });
    if (this->is_open()) {
      if (const auto self = weak_self_.lock()) on_message_(self, std::move(request));
    }
    if (!read_on_demand_) ReadNext();
  }

 private:
  void OnReadingEnded() {
    const auto* context = this->options().context;
    if (context != nullptr && context->IsCancelled()) {
      this->Finish(absl::CancelledError("the caller went away"));
    } else if (this->options().on_half_close) {
      this->options().on_half_close();
    } else {
      this->Finish(absl::OkStatus());
    }
  }

  ServerSession(OnMessage on_message, StreamOptions options)
      : Sender(std::move(options)),
        on_message_(std::move(on_message)),
        read_on_demand_(this->options().read_on_demand) {}

  OnMessage on_message_;
  const bool read_on_demand_;
  std::weak_ptr<ServerSession> weak_self_;
  Request request_;
  // A read is under way; within UnlessFinished.
  bool reading_ = false;
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_SERVER_SESSION_H_
