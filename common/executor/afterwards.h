#ifndef UNDERSTUDY_COMMON_EXECUTOR_AFTERWARDS_H_
#define UNDERSTUDY_COMMON_EXECUTOR_AFTERWARDS_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/executor/alarm.h"
#include "common/executor/executor.h"
#include "common/time/clock.h"

namespace understudy {

// Keeps back what nobody waits for (logs, counters, news for onlookers), so that it does not take
// the processor from the thread that a more urgent message has just woken. Used on its executor
// alone, and must be destroyed after that has stopped; what is kept then is not done.
class Afterwards {
 public:
  // So much is kept back at most: one more, and all is done at once.
  static constexpr size_t kMaxTasks = 1024;

  // Executor and clock must outlive the object. Nothing waits for longer than `delay`.
  Afterwards(Executor& executor, const Clock& clock, absl::Duration delay)
      : clock_(clock), delay_(delay), alarm_(executor, [this] { DoAll(); }) {}

  // Tasks are done in the order of these calls.
  void Do(Executor::Task task) {
    if (tasks_.empty()) alarm_.Set(clock_.SteadyNow() + delay_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() > kMaxTasks) DoAll();
  }

 private:
  void DoAll() {
    alarm_.Set(SteadyTime::Infinite());
    for (Executor::Task& task : std::exchange(tasks_, {})) task();
  }

  const Clock& clock_;
  const absl::Duration delay_;
  Alarm alarm_;
  std::vector<Executor::Task> tasks_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_EXECUTOR_AFTERWARDS_H_
