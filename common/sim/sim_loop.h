#ifndef UNDERSTUDY_COMMON_SIM_SIM_LOOP_H_
#define UNDERSTUDY_COMMON_SIM_SIM_LOOP_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "common/time/simulated_clock.h"
#include "common/time/steady_time.h"

namespace understudy {

// The time of a simulated world and what is to happen in it: one queue, ordered by time, ties by
// the order of the calls. Time jumps from event to event; nothing waits. Not thread-safe.
class SimLoop {
 public:
  using Task = absl::AnyInvocable<void()>;
  // Never 0, never used twice.
  using EventId = uint64_t;

  SimulatedClock& clock() { return clock_; }
  SteadyTime now() const { return clock_.SteadyNow(); }

  // A time that has passed means now. An infinite one never comes.
  EventId At(SteadyTime time, Task task);
  EventId After(absl::Duration delay, Task task) { return At(now() + delay, std::move(task)); }
  // False when the event has begun to run, ran, or was never set.
  bool Cancel(EventId event);

  // Moves the clock to the earliest event and runs it; false when none comes by `limit`.
  bool RunNext(SteadyTime limit);
  // Moves the clock; no event may come before `time`.
  void AdvanceTo(SteadyTime time) { clock_.AdvanceTo(time); }

  size_t pending() const { return events_.size(); }

 private:
  SimulatedClock clock_;
  std::map<std::pair<SteadyTime, EventId>, Task> events_;
  std::map<EventId, SteadyTime> times_;
  EventId last_event_ = 0;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_SIM_SIM_LOOP_H_
