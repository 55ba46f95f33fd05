#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_WATCH_LOOP_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_WATCH_LOOP_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/executor/executor.h"
#include "common/random/random.h"
#include "common/rpc/backoff.h"
#include "common/rpc/client_reader.h"
#include "common/time/clock.h"

namespace understudy::failover_orchestrator {

// Keeps a server-streaming call open: begins it again, after a growing wait with jitter, whenever
// it ends. All callbacks run on `executor`.
template <typename Response>
class WatchLoop {
 public:
  using Reader = rpc::ClientReader<Response>;
  struct Callbacks {
    // Starts one call with these options.
    std::function<std::shared_ptr<Reader>(typename Reader::Options)> start;
    std::function<void(const Response&)> on_message;
    // The stream broke; another one will follow.
    std::function<void(const absl::Status&)> on_broken;
  };

  // All must outlive the loop; the executor must be stopped before the loop is destroyed.
  WatchLoop(const Clock& clock, Random& random, Executor& executor, Callbacks callbacks)
      : clock_(clock), random_(random), executor_(executor), callbacks_(std::move(callbacks)) {}

  // On the executor.
  void Start() {
    retry_.reset();
    absl::MutexLock lock(&mutex_);
    if (stopped_) return;
    open_ = true;
    reader_ = callbacks_.start({.on_message =
                                    [this](Response response) {
                                      executor_.RunOrPost([this, response = std::move(response)] {
                                        backoff_.Reset();
                                        callbacks_.on_message(response);
                                      });
                                    },
                                .on_done = [this](const absl::Status& status) { OnDone(status); }});
  }

  // On the executor: if it waits to begin the call again, it begins it now.
  void Hurry() {
    backoff_.Reset();
    if (retry_.has_value() && executor_.Cancel(*retry_)) Start();
  }

  // On the executor: ends the call, if one is open, and begins it again at once.
  void Restart() {
    if (retry_.has_value()) return Hurry();
    at_once_ = true;
    absl::MutexLock lock(&mutex_);
    if (reader_ != nullptr) reader_->Cancel();
  }

  // Ends the call and waits until nothing of it runs any more. From any thread but the executor's
  // and gRPC's.
  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    if (reader_ != nullptr) reader_->Cancel();
    mutex_.Await(absl::Condition(
        +[](bool* open) { return !*open; }, &open_));
  }

 private:
  void OnDone(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    open_ = false;
    if (stopped_) return;
    executor_.Post([this, status] {
      callbacks_.on_broken(status);
      const absl::Duration pause =
          std::exchange(at_once_, false) ? absl::ZeroDuration() : backoff_.Next(random_);
      retry_ = executor_.RunAt(clock_.SteadyNow() + pause, [this] { Start(); });
    });
  }

  const Clock& clock_;
  Random& random_;
  Executor& executor_;
  const Callbacks callbacks_;
  // Only on the executor.
  rpc::Backoff backoff_{
      rpc::BackoffPolicy{.initial = absl::Milliseconds(50), .maximum = absl::Seconds(1)}};
  std::optional<Executor::TimerId> retry_;
  bool at_once_ = false;
  absl::Mutex mutex_;
  std::shared_ptr<Reader> reader_ ABSL_GUARDED_BY(mutex_);
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_WATCH_LOOP_H_
