#include <grpcpp/channel.h>

#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "cli/clients/grpc_clients.h"
#include "common/rpc/client_reader.h"
#include "common/status/status.h"
#include "understudy/config_vault/v1/registry.grpc.pb.h"

namespace understudy::cli::grpc_clients {
namespace {

using config_vault::v1::Registry;
using config_vault::v1::WatchRoleRequest;
using config_vault::v1::WatchRoleResponse;
using Async = class Registry::Stub::async;

// What has come of a watch of which only the first message is of interest.
struct FirstMessage {
  absl::Mutex mutex;
  std::optional<absl::StatusOr<WatchRoleResponse>> first ABSL_GUARDED_BY(mutex);
  bool done ABSL_GUARDED_BY(mutex) = false;

  void Set(absl::StatusOr<WatchRoleResponse> outcome) {
    absl::MutexLock lock(&mutex);
    if (!first.has_value()) first = std::move(outcome);
  }
  void End(const absl::Status& status) {
    Set(status.ok() ? absl::InternalError("it told nothing") : status);
    absl::MutexLock lock(&mutex);
    done = true;
  }
};

}  // namespace

absl::StatusOr<WatchRoleResponse> AskRole(const Peer& peer) {
  FirstMessage got;
  const auto stub = Registry::NewStub(peer.channel);
  const auto reader = rpc::ClientReader<WatchRoleResponse>::Start(
      *stub->async(), &Async::WatchRole, WatchRoleRequest(),
      {.on_message = [&](const WatchRoleResponse& role) { got.Set(role); },
       .on_done = [&](const absl::Status& status) { got.End(status); }});
  absl::MutexLock lock(&got.mutex);
  const auto answered = [&] { return got.first.has_value(); };
  if (!got.mutex.AwaitWithTimeout(absl::Condition(&answered), peer.timeout)) {
    got.first = absl::DeadlineExceededError("no answer");
  }
  reader->Cancel();
  got.mutex.Await(absl::Condition(&got.done));
  if (!got.first->ok()) return NamePeer(peer, got.first->status());
  return *std::move(got.first);
}

}  // namespace understudy::cli::grpc_clients
