#ifndef UNDERSTUDY_CLI_CLIENTS_ROOT_CLIENT_H_
#define UNDERSTUDY_CLI_CLIENTS_ROOT_CLIENT_H_

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "cli/clients/grpc_call.h"
#include "cli/clients/grpc_watch.h"
#include "cli/clients/root_search.h"
#include "cli/local_fleet/wait.h"
#include "common/random/random.h"
#include "common/status/status.h"

namespace understudy::cli::grpc_clients {

// Calls a service of whichever control node is root. A call may reach several nodes and be
// repeated: what it does must be safe to do twice. Thread-safe.
template <typename Service>
class RootClient {
 public:
  using Stub = typename Service::Stub;
  using Async = class Stub::async;

  explicit RootClient(Peers peers) : peers_(std::move(peers)), search_(NewSearch()) {}

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(rpc::UnaryMethod<Async, Request, Response> method,
                                const Request& request) {
    absl::StatusOr<Response> response;
    const absl::Status status =
        Search([&](Target& target, absl::Duration patience) -> absl::Status {
          response = grpc_clients::Call(target.peer, *target.stub->async(), method, request,
                                        patience);
          return response.status();
        });
    if (!status.ok()) return status;
    return response;
  }

  // Asks the node that answered last, and no other: for what must not happen twice.
  template <typename Request, typename Response>
  absl::StatusOr<Response> CallOnce(absl::Duration timeout,
                                    rpc::UnaryMethod<Async, Request, Response> method,
                                    const Request& request) {
    UNDERSTUDY_ASSIGN_OR_RETURN(Target target, TargetAt(TheSearch().address()));
    return grpc_clients::Call(target.peer, *target.stub->async(), method, request,
                              std::max(timeout, peers_.timeout));
  }

  // Of the node that answered last.
  absl::StatusOr<std::shared_ptr<Stub>> StubOfLast() {
    UNDERSTUDY_ASSIGN_OR_RETURN(Target target, TargetAt(TheSearch().address()));
    return std::move(target.stub);
  }

  // Until a watch has begun the root is looked for; one that breaks off later is over.
  template <typename Request, typename Response>
  absl::Status Watch(rpc::ReaderMethod<Async, Request, Response> method, const Request& request,
                     const Each<Response>& each) {
    std::atomic<bool> heard = false;
    absl::Status broke_off;
    const absl::Status status =
        Search([&](Target& target, absl::Duration) -> absl::Status {
          const absl::Status end = grpc_clients::Watch<Response>(
              target.peer, watches_, *target.stub->async(), method, request, each, heard);
          if (!heard && !watches_.ended()) return end;
          broke_off = end;
          return absl::OkStatus();
        });
    return status.ok() ? broke_off : status;
  }

  void EndWatches() { watches_.EndAll(); }

 private:
  struct Target {
    Peer peer;
    std::shared_ptr<Stub> stub;
  };

  RootSearch NewSearch() const { return RootSearch(peers_.nodes, peers_.service); }

  // Tries until somebody answers or the time is over. Each call searches by itself, from where the
  // last answer came from.
  template <typename Try>
  absl::Status Search(Try attempt) {
    const SteadyTime deadline = SteadyNow() + peers_.timeout;
    RootSearch search = TheSearch();
    while (true) {
      UNDERSTUDY_ASSIGN_OR_RETURN(Target target, TargetAt(search.address()));
      const absl::Status status = attempt(target, search.Patience(deadline - SteadyNow()));
      if (!search.MeansElsewhere(status)) {
        search.OnAnswer();
        Remember(search);
        return status;
      }
      const absl::Duration wait = search.OnElsewhere(status, ThreadRandom());
      if (SteadyNow() + wait >= deadline || watches_.ended()) return search.GiveUp();
      if (wait > absl::ZeroDuration()) Pause(wait);
    }
  }

  static Random& ThreadRandom() {
    thread_local Random random = Random::FromEntropy();
    return random;
  }

  RootSearch TheSearch() {
    absl::MutexLock lock(&mutex_);
    return *search_;
  }
  void Remember(const RootSearch& search) {
    absl::MutexLock lock(&mutex_);
    search_.emplace(search);
  }

  absl::StatusOr<Target> TargetAt(const std::string& address) {
    absl::MutexLock lock(&mutex_);
    const auto found = targets_.find(address);
    if (found != targets_.end()) return found->second;
    UNDERSTUDY_ASSIGN_OR_RETURN(Peer peer, peers_.connect(address));
    std::shared_ptr<Stub> stub = Service::NewStub(peer.channel);
    return targets_.emplace(address, Target{std::move(peer), std::move(stub)}).first->second;
  }

  const Peers peers_;
  absl::Mutex mutex_;
  // From where the last call was answered.
  std::optional<RootSearch> search_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Target> targets_ ABSL_GUARDED_BY(mutex_);
  WatchGroup watches_;
};

}  // namespace understudy::cli::grpc_clients

#endif  // UNDERSTUDY_CLI_CLIENTS_ROOT_CLIENT_H_
