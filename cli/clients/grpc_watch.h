#ifndef UNDERSTUDY_CLI_CLIENTS_GRPC_WATCH_H_
#define UNDERSTUDY_CLI_CLIENTS_GRPC_WATCH_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "cli/clients/grpc_clients.h"
#include "cli/clients/stream_watch.h"
#include "common/rpc/client_reader.h"

namespace understudy::cli::grpc_clients {

// The watches of one client, so that they can be ended from outside. Thread-safe.
class WatchGroup {
 public:
  // Adds a way to end a watch; false, and it is not kept, when all are to end.
  bool Add(uint64_t id, std::function<void()> cancel) {
    absl::MutexLock lock(&mutex_);
    if (!ended_) cancels_[id] = std::move(cancel);
    return !ended_;
  }
  void Remove(uint64_t id) {
    absl::MutexLock lock(&mutex_);
    cancels_.erase(id);
  }
  uint64_t NextId() {
    absl::MutexLock lock(&mutex_);
    return ++last_id_;
  }
  void EndAll() {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    for (const auto& [id, cancel] : cancels_) cancel();
  }
  bool ended() const {
    absl::MutexLock lock(&mutex_);
    return ended_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::map<uint64_t, std::function<void()>> cancels_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// Runs a server-streaming call until `each` says false (then OK), the group ends it (CANCELLED), or
// the call ends. `heard` becomes true with the first message.
template <typename Response, typename Async, typename Request>
absl::Status Watch(const Peer& peer, WatchGroup& group, Async& async,
                   rpc::ReaderMethod<Async, Request, Response> method, const Request& request,
                   const Each<Response>& each, std::atomic<bool>& heard) {
  // On the stack: this function returns only after on_done, the last callback.
  absl::Notification done;
  absl::Status result;
  std::atomic<bool> enough = false;
  absl::Notification started;
  std::shared_ptr<rpc::ClientReader<Response>> reader;
  const auto on_message = [&](const Response& event) {
    heard = true;
    if (enough || each(event)) return;
    enough = true;
    started.WaitForNotification();
    reader->Cancel();
  };
  const auto on_done = [&](const absl::Status& status) {
    result = status;
    done.Notify();
  };
  reader = rpc::ClientReader<Response>::Start(async, method, request,
                                              {.on_message = on_message, .on_done = on_done});
  started.Notify();
  const uint64_t id = group.NextId();
  if (!group.Add(id, [reader] { reader->Cancel(); })) reader->Cancel();
  done.WaitForNotification();
  group.Remove(id);
  return enough ? absl::OkStatus() : NamePeer(peer, result);
}

}  // namespace understudy::cli::grpc_clients

#endif  // UNDERSTUDY_CLI_CLIENTS_GRPC_WATCH_H_
