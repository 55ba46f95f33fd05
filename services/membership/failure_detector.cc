#include "services/membership/failure_detector.h"

#include <algorithm>

namespace understudy::membership {
namespace {

// A slot counts towards the storm when it has been silent this long: most of the way to its
// deadline, and long enough that a healthy one is not taken in.
absl::Duration EarlySilence(const DetectorPolicy& policy) {
  return std::max(policy.beat_interval * (int64_t{policy.missed_beats_limit} - 1),
                  policy.beat_interval * 3 / 2);
}

absl::Duration LongestDeadline(const DetectorPolicy& policy) {
  return std::max(policy.first_deadline, policy.detection_time()) +
         policy.beat_interval * policy.storm_confirm_intervals;
}

}  // namespace

FailureDetector::FailureDetector(const DetectorPolicy& policy, const HeardTimes& heard)
    : policy_(policy),
      heard_(heard),
      wheel_(policy.tick, heard.size()),
      stalls_(policy.tick, policy.beat_interval / 2, LongestDeadline(policy) * 2),
      states_(heard.size()) {}

void FailureDetector::Watch(Slot slot) {
  Unwatch(slot);
  states_[slot] = {.watched_at = heard_.Get(slot), .watched = true};
  high_water_ = std::max(high_water_, slot + 1);
  ++watched_;
  LookAgain(slot, heard_.Get(slot));
}

void FailureDetector::Unwatch(Slot slot) {
  if (!states_[slot].watched) return;
  Release(slot);
  states_[slot].watched = false;
  --watched_;
  wheel_.Remove(slot);
}

void FailureDetector::Release(Slot slot) {
  if (!states_[slot].held) return;
  states_[slot].held = false;
  --held_;
}

SteadyTime FailureDetector::Deadline(Slot slot) const {
  const SteadyTime heard = heard_.Get(slot);
  const absl::Duration allowed = WasHeard(slot)
                                     ? policy_.detection_time()
                                     : std::max(policy_.first_deadline, policy_.detection_time());
  return heard + (allowed + stalls_.AbsentSince(heard));
}

FailureDetector::TickResult FailureDetector::Tick(SteadyTime now) {
  TickResult result{.failed = {}, .suspected = {}, .stall = stalls_.Look(now)};
  while (!recent_failures_.empty() && now - recent_failures_.front() > policy_.detection_time()) {
    recent_failures_.pop_front();
  }
  const std::vector<Slot> silent = FindSilent(wheel_.TakeDue(now), now, result);
  if (!silent.empty()) UpdateStorm(now);
  if (storm_) result.suspected.clear();
  for (const Slot slot : silent) Judge(slot, now, result);
  if (held_ == 0) storm_ = false;
  return result;
}

// Shortly before the deadline; sooner for a long first deadline, since a beat may bring it nearer.
void FailureDetector::LookAgain(Slot slot, SteadyTime now) {
  wheel_.Set(slot, std::min(Deadline(slot) - suspicion_lead(), now + policy_.detection_time()));
}

std::vector<Slot> FailureDetector::FindSilent(const std::vector<Slot>& due, SteadyTime now,
                                              TickResult& result) {
  std::vector<Slot> silent;
  for (const Slot slot : due) {
    if (Deadline(slot) <= now) {
      silent.push_back(slot);
      continue;
    }
    Release(slot);
    if (IsSuspect(slot, now)) {
      if (result.suspected.size() < policy_.max_suspicions) result.suspected.push_back(slot);
      wheel_.Set(slot, std::min(Deadline(slot), now + policy_.tick));
    } else {
      LookAgain(slot, now);
    }
  }
  return silent;
}

bool FailureDetector::IsSuspect(Slot slot, SteadyTime now) const {
  return Deadline(slot) - suspicion_lead() <= now;
}

absl::Duration FailureDetector::suspicion_lead() const {
  return std::min(policy_.suspicion_lead, policy_.beat_interval / 2);
}

void FailureDetector::UpdateStorm(SteadyTime now) {
  if (storm_) return;
  const size_t recent = recent_failures_.size();
  storm_ = IsStorm(CountOverdue(now) + recent, watched_ + recent);
}

// Where nobody is left no station could take over either: to wait costs nothing, and the fault is
// more likely ours. Of a few, any smaller part may well have died.
bool FailureDetector::IsStorm(size_t silent, size_t all) const {
  if (all >= policy_.storm_minimum) return silent * 2 > all;
  return all >= 2 && silent == all;
}

size_t FailureDetector::CountOverdue(SteadyTime now) const {
  size_t count = 0;
  for (Slot slot = 0; slot < high_water_; ++slot) {
    if (states_[slot].watched && IsOverdue(slot, now)) ++count;
  }
  return count;
}

bool FailureDetector::IsOverdue(Slot slot, SteadyTime now) const {
  if (Deadline(slot) <= now) return true;
  if (!WasHeard(slot)) return false;
  const SteadyTime heard = heard_.Get(slot);
  return now - heard > EarlySilence(policy_) + stalls_.AbsentSince(heard);
}

void FailureDetector::Judge(Slot slot, SteadyTime now, TickResult& result) {
  const SteadyTime confirmed = Deadline(slot) + storm_confirm_time();
  State& state = states_[slot];
  if (storm_ && confirmed > now) {
    if (!state.held) ++held_;
    state.held = true;
    wheel_.Set(slot, std::min(confirmed, now + policy_.beat_interval / 2));
    return;
  }
  result.failed.push_back(Describe(slot, now));
  recent_failures_.push_back(now);
  Unwatch(slot);
}

FailureDetector::Silence FailureDetector::Describe(Slot slot, SteadyTime now) const {
  const SteadyTime heard = heard_.Get(slot);
  const absl::Duration silent = now - heard;
  return {.slot = slot,
          .last_heard = heard,
          .silent_for = silent,
          .missed_beats = static_cast<uint32_t>(
              std::max<int64_t>(0, (silent - stalls_.AbsentSince(heard)) / policy_.beat_interval)),
          .confirmed_in_storm = states_[slot].held};
}

absl::Duration FailureDetector::storm_confirm_time() const {
  return policy_.beat_interval * policy_.storm_confirm_intervals;
}

}  // namespace understudy::membership
