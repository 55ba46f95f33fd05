#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_UPLOAD_PLANNER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_UPLOAD_PLANNER_H_

#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/rpc/backoff.h"
#include "common/time/steady_time.h"

namespace understudy::station_agent {

enum class SyncMode { kRealTime = 1, kScheduled = 2 };

struct SyncOptions {
  // kScheduled: a change waits until the root collects it.
  SyncMode mode = SyncMode::kRealTime;
};

// When to upload. At most one upload is under way; the latest change wins; failures are retried
// with backoff for as long as there is something to upload. Pure.
class UploadPlanner {
 public:
  // `random` must outlive the planner.
  UploadPlanner(const SyncOptions& options, Random& random);

  // There is a change. `urgent`: whatever the mode (the duty has no document yet, the root collects
  // it, or a person asked).
  void OnChange(SteadyTime now, bool urgent);
  // Whether the station may write: it holds an assignment, and can reach the vault.
  void SetAllowed(SteadyTime now, bool allowed);
  // The change is of no use any more: the duty is lost, or the document is what the vault has.
  void Forget();

  // True: start an upload of the latest change now.
  bool TakeStart(SteadyTime now);
  // The upload that was started ended well, unless a change came meanwhile, which then is due.
  void OnDone(SteadyTime now);
  // It may work later.
  void OnRetry(SteadyTime now);

  // When TakeStart may become true; Infinite when only an event can make it so.
  SteadyTime NextAt() const;
  bool pending() const { return changed_; }
  // There is a change that the root is to collect.
  bool WaitsForCollection() const {
    return allowed_ && changed_ && !in_flight_ && due_.is_infinite();
  }

 private:
  const SyncOptions options_;
  Random& random_;
  rpc::Backoff backoff_;
  bool allowed_ = false;
  bool changed_ = false;
  bool in_flight_ = false;
  // Of the change: not before. Infinite: when it is collected.
  SteadyTime due_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_UPLOAD_PLANNER_H_
