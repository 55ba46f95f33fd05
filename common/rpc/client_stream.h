#ifndef UNDERSTUDY_COMMON_RPC_CLIENT_STREAM_H_
#define UNDERSTUDY_COMMON_RPC_CLIENT_STREAM_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/send_queue.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"

namespace understudy::rpc {

// How gRPC's generated code declares an asynchronous bidirectional method.
template <typename Async, typename Request, typename Response>
using BidiMethod = void (Async::*)(grpc::ClientContext*,
                                   grpc::ClientBidiReactor<Request, Response>*);

// The client's side of a bidirectional call, with a bounded queue of outgoing messages:
//
//   using Stream = rpc::ClientStream<StationReply, StationOrder>;
//   stream_ = Stream::Start(*stub.async(), &StationOrders::Stub::async::Attend,
//                           {.on_message = [this](StationOrder order) { ... post ... },
//                            .on_done = [this](const absl::Status& status) { ... post ... }});
//   stream_->Send(hello);
//
// Callbacks run on gRPC threads, one at a time, possibly before Start returns, and must not block;
// `on_done` comes last, exactly once. The next message is read when `on_message` returns. Opening
// another stream after the end, with backoff, is the user's business. The handle may be dropped:
// the call goes on until it ends or Cancel is called. It may be kept after the end, too.
template <typename Request, typename Response>
class ClientStream final : public grpc::ClientBidiReactor<Request, Response> {
 public:
  struct Options {
    absl::AnyInvocable<void(Response)> on_message;
    absl::AnyInvocable<void(const absl::Status&)> on_done;
    // Messages that may wait to be written. One more ends the stream.
    size_t max_queue = 1024;
    // Sent along when the call begins.
    std::vector<std::pair<std::string, std::string>> metadata = {};
  };

  template <typename Async>
  static std::shared_ptr<ClientStream> Start(Async& async,
                                             BidiMethod<Async, Request, Response> method,
                                             Options options) {
    std::shared_ptr<ClientStream> stream(new ClientStream(std::move(options)));
    stream->self_ = stream;
    for (const auto& [name, value] : stream->options_.metadata) {
      stream->context_.AddMetadata(name, value);
    }
    (async.*method)(&stream->context_, stream.get());
    // Writes come from outside of reactions: the call must outlive them.
    stream->AddHold();
    stream->StartRead(&stream->response_);
    stream->StartCall();
    return stream;
  }

  // Queues a message, from any thread. False when the stream has ended or is ending; a stream whose
  // queue is full is cancelled and ends with RESOURCE_EXHAUSTED SEND_QUEUE_FULL.
  bool Send(Request message) {
    absl::MutexLock lock(&mutex_);
    if (ended_ || half_closed_ || own_status_.has_value()) return false;
    if (!queue_.Push(std::move(message))) {
      CancelWith(
          MakeError(absl::StatusCode::kResourceExhausted, "SEND_QUEUE_FULL",
                    absl::StrCat("more than ", options_.max_queue, " messages wait to be sent")));
      return false;
    }
    WriteNext();
    return true;
  }

  // Says that nothing more will be sent, after what is queued.
  void HalfClose() {
    absl::MutexLock lock(&mutex_);
    if (ended_ || half_closed_) return;
    half_closed_ = true;
    WriteNext();
  }

  // Ends the call at once; `on_done` gets CANCELLED.
  void Cancel() {
    absl::MutexLock lock(&mutex_);
    CancelWith(absl::CancelledError("cancelled by this side"));
  }

  // False once the stream has ended or is ending.
  bool is_open() const {
    absl::MutexLock lock(&mutex_);
    return !ended_ && !own_status_.has_value();
  }

  void OnReadDone(bool ok) override {
    if (ok) {
      if (options_.on_message) options_.on_message(std::move(response_));
      response_.Clear();
      this->StartRead(&response_);
      return;
    }
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    queue_.DropWaiting();
    this->RemoveHold();
  }
  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    queue_.WriteDone();
    if (!ok) queue_.DropWaiting();
    WriteNext();
  }
  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<ClientStream> last = std::move(self_);
    absl::Status result = FromGrpcStatus(status);
    {
      absl::MutexLock lock(&mutex_);
      if (own_status_.has_value() && !result.ok()) result = *own_status_;
    }
    if (options_.on_done) options_.on_done(result);
    // Frees what the callbacks hold, even while others hold this handle.
    options_ = Options();
  }

 private:
  explicit ClientStream(Options options)
      : options_(std::move(options)), queue_(options_.max_queue) {}

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_) return;
    if (const Request* next = queue_.StartWrite(); next != nullptr) {
      this->StartWrite(next);
    } else if (half_closed_ && queue_.idle() && !writes_done_) {
      writes_done_ = true;
      this->StartWritesDone();
    }
  }
  void CancelWith(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_ || own_status_.has_value()) return;
    own_status_ = status;
    queue_.DropWaiting();
    context_.TryCancel();
  }

  Options options_;
  grpc::ClientContext context_;
  Response response_;
  std::shared_ptr<ClientStream> self_;
  mutable absl::Mutex mutex_;
  SendQueue<Request> queue_ ABSL_GUARDED_BY(mutex_);
  // Nothing may be started any more.
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool writes_done_ ABSL_GUARDED_BY(mutex_) = false;
  // Why this side cancelled.
  std::optional<absl::Status> own_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_CLIENT_STREAM_H_
