#ifndef UNDERSTUDY_COMMON_EXECUTOR_MANUAL_EXECUTOR_H_
#define UNDERSTUDY_COMMON_EXECUTOR_MANUAL_EXECUTOR_H_

#include <deque>
#include <map>
#include <utility>

#include "common/executor/executor.h"
#include "common/time/simulated_clock.h"

namespace understudy {

// An Executor for tests: nothing runs until the test says so, on the test's own thread. Not
// thread-safe.
class ManualExecutor final : public Executor {
 public:
  // `clock` must outlive the executor.
  explicit ManualExecutor(SimulatedClock& clock) : clock_(clock) {}

  void Post(Task task) override;
  TimerId RunAt(SteadyTime time, Task task) override;
  bool Cancel(TimerId timer) override;

  // Runs posted tasks and due timers until none is left.
  void RunReady();
  // Moves the clock by `duration`, stopping at each timer on the way to run it.
  void Advance(absl::Duration duration);

 private:
  bool RunOne();

  SimulatedClock& clock_;
  std::deque<Task> queue_;
  std::map<std::pair<SteadyTime, TimerId>, Task> timers_;
  TimerId last_timer_ = 0;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_EXECUTOR_MANUAL_EXECUTOR_H_
