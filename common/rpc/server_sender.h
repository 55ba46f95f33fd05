#ifndef UNDERSTUDY_COMMON_RPC_SERVER_SENDER_H_
#define UNDERSTUDY_COMMON_RPC_SERVER_SENDER_H_

#include <grpcpp/server_context.h>

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/send_queue.h"
#include "common/rpc/stream_group.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"

namespace understudy::rpc {

// What server streams and server sessions are told when they are made.
struct StreamOptions {
  // Of errors, e.g. "membership.understudy"; its text must live as long as the process.
  std::string_view domain;
  // Messages that may wait to be written. One more ends the stream.
  size_t max_queue = 1024;
  // Called once, on a gRPC thread, after all else, with the status that the stream ended with:
  // CANCELLED when the caller went away. Must not block; post to an executor.
  absl::AnyInvocable<void(const absl::Status&)> on_done;
  // May be null.
  StreamGroup* group = nullptr;
  // Called, on a gRPC thread, each time all that was queued has been written, for a sender that
  // feeds a long history in pieces. Must not block; post to an executor. May be null.
  absl::AnyInvocable<void()> on_drained = nullptr;
  // Of sessions: the first message is read at once, each further one when ReadNext is called.
  bool read_on_demand = false;
  // Of sessions: called, on a gRPC thread, when the caller has closed its half, in place of ending
  // the session with OK: who still owes answers ends it when they are given. Must not block.
  absl::AnyInvocable<void()> on_half_close = nullptr;
  // Of sessions: the handler's. With it, `on_done` can tell a caller that closed its half (OK) from
  // one that was lost (CANCELLED); without it both may be OK.
  grpc::CallbackServerContext* context = nullptr;
};

// The sending half of a server-side streaming reactor (use ServerStream or ServerSession). It is
// the reactor and the handle in one: shared by gRPC, until the call is over, and by who sends.
//
// gRPC allows one write at a time and forbids any operation after Finish; `mutex_` keeps both. It
// may be held while operations are started: gRPC never runs reactions inside them.
template <typename Reactor, typename Response>
class ServerSender : public Reactor, public EndableStream {
 public:
  // Queues a message, from any thread. False when the stream has ended or is ending; a stream whose
  // queue is full is ended with RESOURCE_EXHAUSTED WATCH_TOO_SLOW, and what waits is dropped.
  bool Send(Response message) {
    absl::MutexLock lock(&mutex_);
    if (ending_.has_value()) return false;
    if (!queue_.Push(std::move(message))) {
      EndNow(TooSlow());
      return false;
    }
    WriteNext();
    return true;
  }

  // Ends the stream after what is queued. Later calls and messages are ignored.
  void Finish(const absl::Status& status) override {
    absl::MutexLock lock(&mutex_);
    if (ending_.has_value()) return;
    ending_ = status;
    MaybeFinish();
  }

  // False once the stream has ended or is ending.
  bool is_open() const {
    absl::MutexLock lock(&mutex_);
    return !ending_.has_value();
  }
  // Messages that wait to be written.
  size_t queue_length() const {
    absl::MutexLock lock(&mutex_);
    return queue_.waiting();
  }

  void OnWriteDone(bool ok) final {
    if (WriteDone(ok) && options_.on_drained) options_.on_drained();
  }
  void OnCancel() final {
    absl::MutexLock lock(&mutex_);
    EndNow(absl::CancelledError("the caller went away"));
  }
  void OnDone() final {
    if (options_.group != nullptr) options_.group->Remove(this);
    const std::shared_ptr<ServerSender> last = std::move(self_);
    absl::Status status;
    {
      absl::MutexLock lock(&mutex_);
      status = ending_.value_or(absl::CancelledError("the call was abandoned"));
      ending_ = status;
    }
    if (options_.on_done) options_.on_done(status);
    // Frees what the callback holds, even while others hold this handle.
    options_.on_done = nullptr;
    options_.on_drained = nullptr;
    options_.on_half_close = nullptr;
  }

 protected:
  explicit ServerSender(StreamOptions options)
      : options_(std::move(options)), queue_(options_.max_queue) {}

  // Keeps `self` alive until gRPC is done with it.
  static void Hold(const std::shared_ptr<ServerSender>& self) {
    self->self_ = self;
    if (self->options_.group != nullptr) self->options_.group->Add(self);
  }

  // Runs `action` (which may start a read) under the lock, unless the call has been finished.
  template <typename Action>
  void UnlessFinished(Action action) {
    absl::MutexLock lock(&mutex_);
    if (!finished_) action();
  }

  StreamOptions& options() { return options_; }

 private:
  // Whether the queue has run empty on an open stream.
  bool WriteDone(bool ok) {
    absl::MutexLock lock(&mutex_);
    queue_.WriteDone();
    if (!ok) EndNow(absl::CancelledError("the caller went away"));
    WriteNext();
    MaybeFinish();
    return queue_.idle() && !ending_.has_value();
  }
  absl::Status TooSlow() const {
    return MakeError(
        absl::StatusCode::kResourceExhausted, "WATCH_TOO_SLOW",
        absl::StrCat("more than ", options_.max_queue, " messages wait for this stream's reader"));
  }
  void EndNow(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!ending_.has_value()) ending_ = status;
    queue_.DropWaiting();
    MaybeFinish();
  }
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const Response* next = queue_.StartWrite();
    if (next != nullptr) this->StartWrite(next);
  }
  void MaybeFinish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!ending_.has_value() || finished_ || !queue_.idle()) return;
    finished_ = true;
    Reactor::Finish(ToGrpcStatus(*ending_, options_.domain));
  }

  StreamOptions options_;
  std::shared_ptr<ServerSender> self_;
  mutable absl::Mutex mutex_;
  SendQueue<Response> queue_ ABSL_GUARDED_BY(mutex_);
  // How the stream ends; set once.
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
  // gRPC was told.
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_SERVER_SENDER_H_
