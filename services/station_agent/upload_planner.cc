#include "services/station_agent/upload_planner.h"

#include <algorithm>

namespace understudy::station_agent {
namespace {

constexpr rpc::BackoffPolicy kRetries = {.initial = absl::Milliseconds(100),
                                         .maximum = absl::Seconds(5)};

}  // namespace

UploadPlanner::UploadPlanner(const SyncOptions& options, Random& random)
    : options_(options), random_(random), backoff_(kRetries) {}

void UploadPlanner::OnChange(SteadyTime now, bool urgent) {
  const bool waits = options_.mode == SyncMode::kScheduled && !urgent;
  const SteadyTime due = waits ? SteadyTime::Infinite() : now;
  // A change that replaces one which was due earlier does not delay it.
  due_ = changed_ && !in_flight_ ? std::min(due_, due) : due;
  changed_ = true;
}

void UploadPlanner::SetAllowed(SteadyTime now, bool allowed) {
  if (allowed && !allowed_) {
    backoff_.Reset();
    if (changed_ && options_.mode == SyncMode::kRealTime) due_ = now;
  }
  allowed_ = allowed;
}

void UploadPlanner::Forget() { changed_ = false; }

bool UploadPlanner::TakeStart(SteadyTime now) {
  if (NextAt() > now) return false;
  in_flight_ = true;
  changed_ = false;
  return true;
}

void UploadPlanner::OnDone(SteadyTime) {
  in_flight_ = false;
  backoff_.Reset();
}

void UploadPlanner::OnRetry(SteadyTime now) {
  in_flight_ = false;
  due_ = now + backoff_.Next(random_);
  changed_ = true;
}

SteadyTime UploadPlanner::NextAt() const {
  return allowed_ && changed_ && !in_flight_ ? due_ : SteadyTime::Infinite();
}

}  // namespace understudy::station_agent
