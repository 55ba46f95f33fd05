#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_OFFLOAD_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_OFFLOAD_H_

#include <utility>

#include "absl/functional/any_invocable.h"
#include "services/station_agent/runtime/sync/future.h"

namespace understudy::station_agent::runtime {

// A few ordinary threads (four, begun when first needed, kept to the end of the process) for what
// cannot be made to yield: DNS, long disk operations, long computations. Work waits in a queue of
// at most 4,096; false when that is full.
bool OffloadTask(absl::AnyInvocable<void() &&> task);

// Runs `function()` there and waits for its value. RESOURCE_EXHAUSTED when the queue is full,
// CANCELLED when the coroutine is cancelled; then the function may still run, so it must own what
// it uses.
template <typename Function>
auto Offload(Function function, SteadyTime deadline = SteadyTime::Infinite())
    -> absl::StatusOr<decltype(function())> {
  Promise<decltype(function())> promise;
  const bool queued =
      OffloadTask([promise, work = std::move(function)]() mutable { promise.Set(work()); });
  if (!queued) return absl::ResourceExhaustedError("offload: too many tasks wait");
  return promise.future().Get(deadline);
}

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_OFFLOAD_H_
