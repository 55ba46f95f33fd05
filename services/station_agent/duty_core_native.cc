#include "services/station_agent/duty_core.h"

// What the native process says, and what follows from it.
namespace understudy::station_agent {

void DutyCore::OnNativeAttached(SteadyTime now) {
  native_attached_ = true;
  native_ = {};
  idle_since_ = now;
}

void DutyCore::OnNativeLost() {
  native_attached_ = false;
  native_ = {};
  idle_since_.reset();
  for (StandDown& stand_down : stand_downs_) stand_down.stopped = true;
  FinishStandDowns();
  if (phase_ != Phase::kStarting) return;
  FailActivation("NATIVE_PROCESS_DEAD", "the native process ended during the activation");
}

void DutyCore::OnNativeState(SteadyTime now, const NativeState& state) {
  native_ = state;
  if (state.order == native_order_) {
    for (StandDown& stand_down : stand_downs_) stand_down.stopped = true;
    FinishStandDowns();
  }
  if (phase_ == Phase::kStarting && state.order == native_order_) OnAnswerWhileStarting(now);
  if (phase_ == Phase::kRunning) OnAnswerWhileRunning(now);
}

void DutyCore::OnAnswerWhileStarting(SteadyTime now) {
  if (native_.kind == NativeState::Kind::kRefused) {
    FailActivation("NATIVE_PROCESS_REFUSED", native_.reason);
  } else if (native_.kind == NativeState::Kind::kIdle) {
    FailActivation("NATIVE_PROCESS_REFUSED", "the native process stood down instead");
  } else if (native_.sha256 != role_.duty->sha256) {
    FailActivation("HASH_MISMATCH", "the native process runs something else than it was given");
  } else {
    before_.reset();
    phase_ = Phase::kRunning;
    SayRunning(now);
  }
}

void DutyCore::OnAnswerWhileRunning(SteadyTime now) {
  if (!NativeRunsTheDuty()) {
    if (!idle_since_.has_value()) idle_since_ = now;
    return;
  }
  idle_since_.reset();
  SayRunning(now);
}

bool DutyCore::NativeRunsTheDuty() const {
  return native_.kind == NativeState::Kind::kRunning && native_.order == native_order_;
}

bool DutyCore::OwnsConfiguration(uint64_t order) const {
  return role_.duty.has_value() && phase_ != Phase::kFetching && order == native_order_;
}

void DutyCore::OnConfigurationKept(const KeptDocument& document) {
  kept_[document.duty_id] = document;
  if (!Holds(document.duty_id)) return;
  // It published what it runs.
  if (NativeRunsTheDuty()) native_.sha256 = document.sha256;
  if (role_.duty->sha256 == document.sha256) return;
  role_.duty->sha256 = document.sha256;
  role_.duty->revision = document.revision;
  SaveRole();
}

void DutyCore::OnUploaded(uint64_t revision, const Sha256& sha256) {
  if (!role_.duty.has_value() || role_.duty->sha256 != sha256) return;
  role_.duty->revision = revision;
  const auto found = kept_.find(role_.duty->duty_id);
  if (found != kept_.end() && found->second.sha256 == sha256) found->second.revision = revision;
  SaveRole();
}

void DutyCore::OnLinkRemade() {
  native_order_ = 0;
  native_ = {};
  if (!role_.duty.has_value()) {
    if (role_.kind == StationKind::kBackup) Stop();
  } else if (phase_ == Phase::kSuspended) {
    Stop();
  } else if (kept_.contains(role_.duty->duty_id) && phase_ != Phase::kFetching) {
    Give();
  }
}

}  // namespace understudy::station_agent
