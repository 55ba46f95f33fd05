#ifndef UNDERSTUDY_CLI_CLIENTS_GRPC_CALL_H_
#define UNDERSTUDY_CLI_CLIENTS_GRPC_CALL_H_

#include <memory>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "cli/clients/grpc_clients.h"
#include "cli/clients/stream_watch.h"
#include "common/rpc/client_call.h"
#include "common/rpc/client_reader.h"

namespace understudy::cli::grpc_clients {

// A unary call whose error, when nobody answered, says who did not.
template <typename Response, typename Async, typename Request>
absl::StatusOr<Response> Call(const Peer& peer, Async& async,
                              rpc::UnaryMethod<Async, Request, Response> method,
                              const Request& request, absl::Duration timeout) {
  absl::StatusOr<Response> response = rpc::CallUnaryAndWait(async, method, request, timeout);
  if (!response.ok()) return NamePeer(peer, response.status());
  return response;
}

// Runs a server-streaming call until `each` says false (then OK) or the call ends.
template <typename Response, typename Async, typename Request>
absl::Status Watch(const Peer& peer, Async& async,
                   rpc::ReaderMethod<Async, Request, Response> method, const Request& request,
                   const Each<Response>& each) {
  struct Shared {
    absl::Mutex mutex;
    std::shared_ptr<rpc::ClientReader<Response>> reader;  // guarded by mutex
    bool enough = false;                                  // guarded by mutex
    absl::Status status;
    absl::Notification done;
  };
  // On the stack: this function returns only after on_done, the last callback.
  Shared shared;
  const auto on_message = [&](const Response& event) {
    absl::MutexLock lock(&shared.mutex);
    if (shared.enough || each(event)) return;
    shared.enough = true;
    if (shared.reader != nullptr) shared.reader->Cancel();
  };
  const auto on_done = [&](const absl::Status& status) {
    shared.status = status;
    shared.done.Notify();
  };
  auto reader = rpc::ClientReader<Response>::Start(async, method, request,
                                                   {.on_message = on_message, .on_done = on_done});
  {
    absl::MutexLock lock(&shared.mutex);
    shared.reader = reader;
    if (shared.enough) reader->Cancel();
  }
  shared.done.WaitForNotification();
  absl::MutexLock lock(&shared.mutex);
  return shared.enough ? absl::OkStatus() : NamePeer(peer, shared.status);
}

}  // namespace understudy::cli::grpc_clients

#endif  // UNDERSTUDY_CLI_CLIENTS_GRPC_CALL_H_
