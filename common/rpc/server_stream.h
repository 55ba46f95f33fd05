#ifndef UNDERSTUDY_COMMON_RPC_SERVER_STREAM_H_
#define UNDERSTUDY_COMMON_RPC_SERVER_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "common/rpc/server_sender.h"

namespace understudy::rpc {

// The server's side of a server-streaming call, with a bounded queue:
//
//   grpc::ServerWriteReactor<WatchResponse>* Watch(grpc::CallbackServerContext*,
//                                                  const WatchRequest* request) override {
//     auto stream = rpc::ServerStream<WatchResponse>::Make(
//         {.domain = kDomain, .on_done = [this](const absl::Status&) { ... post: forget it ... }});
//     executor_.Post([this, stream, request = *request] { core_.AddWatcher(stream, request); });
//     return stream.get();
//   }
//   ...
//   if (!stream->Send(event)) forget(stream);   // from any thread; see ServerSender
//
// The handle may be kept after the call is over: Send then returns false.
template <typename Response>
class ServerStream final : public ServerSender<grpc::ServerWriteReactor<Response>, Response> {
  using Sender = ServerSender<grpc::ServerWriteReactor<Response>, Response>;

 public:
  // The result must be returned (`.get()`) from the handler.
  static std::shared_ptr<ServerStream> Make(StreamOptions options) {
    std::shared_ptr<ServerStream> stream(new ServerStream(std::move(options)));
    Sender::Hold(stream);
    return stream;
  }

 private:
  explicit ServerStream(StreamOptions options) : Sender(std::move(options)) {}
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_SERVER_STREAM_H_
