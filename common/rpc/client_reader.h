#ifndef UNDERSTUDY_COMMON_RPC_CLIENT_READER_H_
#define UNDERSTUDY_COMMON_RPC_CLIENT_READER_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "common/status/grpc_status.h"

namespace understudy::rpc {

// How gRPC's generated code declares an asynchronous server-streaming method.
template <typename Async, typename Request, typename Response>
using ReaderMethod = void (Async::*)(grpc::ClientContext*, const Request*,
                                     grpc::ClientReadReactor<Response>*);

// The client's side of a server-streaming call:
//
//   reader_ = rpc::ClientReader<WatchResponse>::Start(
//       *stub.async(), &Documents::Stub::async::Watch, request,
//       {.on_message = [this](WatchResponse event) { ... post ... },
//        .on_done = [this](const absl::Status& status) { ... post: try again with backoff ... }});
//
// Callbacks and lifetime as for ClientStream.
template <typename Response>
class ClientReader final : public grpc::ClientReadReactor<Response> {
 public:
  struct Options {
    absl::AnyInvocable<void(Response)> on_message;
    absl::AnyInvocable<void(const absl::Status&)> on_done;
  };

  template <typename Async, typename Request>
  static std::shared_ptr<ClientReader> Start(Async& async,
                                             ReaderMethod<Async, Request, Response> method,
                                             const Request& request, Options options) {
    std::shared_ptr<ClientReader> reader(new ClientReader(std::move(options)));
    reader->self_ = reader;
    // The request is serialized before this returns.
    (async.*method)(&reader->context_, &request, reader.get());
    reader->StartRead(&reader->response_);
    reader->StartCall();
    return reader;
  }

  // Ends the call at once; `on_done` gets CANCELLED. Thread-safe.
  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (options_.on_message) options_.on_message(std::move(response_));
    response_.Clear();
    this->StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<ClientReader> last = std::move(self_);
    if (options_.on_done) options_.on_done(FromGrpcStatus(status));
    // Frees what the callbacks hold, even while others hold this handle.
    options_ = Options();
  }

 private:
  explicit ClientReader(Options options) : options_(std::move(options)) {}

  Options options_;
  grpc::ClientContext context_;
  Response response_;
  std::shared_ptr<ClientReader> self_;
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_CLIENT_READER_H_
