#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_FAILURE_DETECTOR_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_FAILURE_DETECTOR_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/time/time.h"
#include "common/time/steady_time.h"
#include "services/membership/heard_times.h"
#include "services/membership/observer_stalls.h"
#include "services/membership/timing_wheel.h"

namespace understudy::membership {

struct DetectorPolicy {
  absl::Duration beat_interval = absl::Milliseconds(100);
  // This many intervals without a beat are a failure.
  uint32_t missed_beats_limit = 3;
  // For a slot that has not been heard yet since it is watched: an agent that has just joined, or a
  // station that the vault knew before we started.
  absl::Duration first_deadline = absl::Seconds(3);
  // How often Tick is called.
  absl::Duration tick = absl::Milliseconds(10);
  // A slot whose deadline is so near is suspected: more than the ticks and the steps of the time
  // that the observer has seen, so that a suspicion comes before its verdict. At most half an
  // interval counts.
  absl::Duration suspicion_lead = absl::Milliseconds(30);
  // Suspicions of one tick; more are a storm, of which nobody is warned ahead.
  size_t max_suspicions = 16;
  // Of so many watched slots more than half must fall silent for the storm brake; of fewer all, and
  // there must be two.
  uint32_t storm_minimum = 4;
  // Under the storm brake a silence counts only after this many more intervals.
  uint32_t storm_confirm_intervals = 10;

  absl::Duration detection_time() const { return beat_interval * missed_beats_limit; }
};

// The table of deadlines: says which slots have fallen silent. A beat only sets the slot's heard
// time; the deadline moves when it comes up, so a beat costs nothing here and a slot costs one look
// per detection time. Pure; not thread-safe, but `heard` may be written at the same time.
class FailureDetector {
 public:
  struct Silence {
    Slot slot = kNoSlot;
    SteadyTime last_heard;
    absl::Duration silent_for;
    // Whole intervals, without those that we slept through ourselves.
    uint32_t missed_beats = 0;
    // Held back by the storm brake, and confirmed.
    bool confirmed_in_storm = false;
  };
  struct TickResult {
    // In the order of the slots. They are no longer watched.
    std::vector<Silence> failed;
    // Their deadline is near; said again with every tick. No verdict: a beat clears it.
    std::vector<Slot> suspected;
    // How long we were absent before this tick.
    absl::Duration stall;
  };

  // `heard` must outlive the detector and sizes it.
  FailureDetector(const DetectorPolicy& policy, const HeardTimes& heard);

  // From now on. The slot's heard time must be set already; it counts as not heard yet.
  void Watch(Slot slot);
  // Also when it is not watched.
  void Unwatch(Slot slot);
  bool IsWatched(Slot slot) const { return states_[slot].watched; }

  // Everything that arrived up to `now` must be in the heard times already: `now` is the time that
  // the observer has seen, which may lag the clock.
  TickResult Tick(SteadyTime now);

  // More than half of the watched slots (all of a few) fell silent at once; no failure is declared
  // until confirmed.
  bool storm_brake() const { return storm_; }
  size_t watched() const { return watched_; }

 private:
  struct State {
    SteadyTime watched_at;
    bool watched = false;
    // Held back by the storm brake.
    bool held = false;
  };

  bool WasHeard(Slot slot) const { return heard_.Get(slot) > states_[slot].watched_at; }
  SteadyTime Deadline(Slot slot) const;
  void LookAgain(Slot slot, SteadyTime now);
  // Slots past their deadline; the others among `due` get their new one.
  std::vector<Slot> FindSilent(const std::vector<Slot>& due, SteadyTime now, TickResult& result);
  bool IsSuspect(Slot slot, SteadyTime now) const;
  absl::Duration suspicion_lead() const;
  void Release(Slot slot);
  void UpdateStorm(SteadyTime now);
  bool IsStorm(size_t silent, size_t all) const;
  size_t CountOverdue(SteadyTime now) const;
  bool IsOverdue(Slot slot, SteadyTime now) const;
  // Holds the silence back, or says that it is a failure.
  void Judge(Slot slot, SteadyTime now, TickResult& result);
  Silence Describe(Slot slot, SteadyTime now) const;
  absl::Duration storm_confirm_time() const;

  const DetectorPolicy policy_;
  const HeardTimes& heard_;
  TimingWheel wheel_;
  ObserverStalls stalls_;
  std::vector<State> states_;
  // Above every slot that was ever watched.
  Slot high_water_ = 0;
  size_t watched_ = 0;
  size_t held_ = 0;
  bool storm_ = false;
  // Failures within the last detection time, which count as silent for the storm brake.
  std::deque<SteadyTime> recent_failures_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_FAILURE_DETECTOR_H_
