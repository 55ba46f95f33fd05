#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_CALL_GROUP_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_CALL_GROUP_H_

#include <cstdint>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/client_call.h"

namespace understudy::failover_orchestrator {

// The unary calls of one client that are under way, so that the client can wait for their callbacks
// before it goes away. Thread-safe.
class CallGroup {
 public:
  // As rpc::CallUnary.
  template <typename Async, typename Request, typename Response, typename Callback>
  void Call(Async& async, rpc::UnaryMethod<Async, Request, Response> method, Request request,
            absl::Duration timeout, Callback callback) {
    const uint64_t id = Begin();
    const rpc::CallHandle handle = rpc::CallUnary(
        async, method, std::move(request), timeout,
        [this, id, callback = std::move(callback)](absl::StatusOr<Response> response) mutable {
          callback(std::move(response));
          End(id);
        });
    Keep(id, handle);
  }

  // Cancels all, and waits until their callbacks have run. Calls begun later are cancelled too.
  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    for (const auto& [id, handle] : calls_) handle.Cancel();
    mutex_.Await(absl::Condition(
        +[](std::map<uint64_t, rpc::CallHandle>* calls) { return calls->empty(); }, &calls_));
  }

 private:
  uint64_t Begin() {
    absl::MutexLock lock(&mutex_);
    calls_.emplace(++last_id_, rpc::CallHandle());
    return last_id_;
  }
  void Keep(uint64_t id, const rpc::CallHandle& handle) {
    absl::MutexLock lock(&mutex_);
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    found->second = handle;
    if (stopped_) handle.Cancel();
  }
  void End(uint64_t id) {
    absl::MutexLock lock(&mutex_);
    calls_.erase(id);
  }

  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, rpc::CallHandle> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_CALL_GROUP_H_
