#ifndef UNDERSTUDY_COMMON_RPC_GRPC_TIMER_H_
#define UNDERSTUDY_COMMON_RPC_GRPC_TIMER_H_

#include <grpcpp/alarm.h>

#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/rpc/deadline.h"

namespace understudy::rpc {

// Runs something later on one of gRPC's threads, by which calls that outlive their caller can pause
// without a thread of their own. It runs exactly once: after the pause, or when cancelled.
class GrpcTimer {
 public:
  static std::shared_ptr<GrpcTimer> Start(absl::Duration pause, absl::AnyInvocable<void()> run) {
    auto timer = std::make_shared<GrpcTimer>();
    timer->run_ = std::move(run);
    // The alarm keeps its callback until it dies itself: what that holds is let go by hand.
    timer->alarm_.Set(FromNow(pause),
                      [held = std::make_shared<std::shared_ptr<GrpcTimer>>(timer)](bool) {
                        const std::shared_ptr<GrpcTimer> fired = std::move(*held);
                        absl::AnyInvocable<void()> now = std::move(fired->run_);
                        now();
                      });
    return timer;
  }

  // Runs it at once, unless it has run. Thread-safe.
  void Cancel() { alarm_.Cancel(); }

 private:
  absl::AnyInvocable<void()> run_;
  grpc::Alarm alarm_;
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_GRPC_TIMER_H_
