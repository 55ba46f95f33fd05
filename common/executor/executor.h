#ifndef UNDERSTUDY_COMMON_EXECUTOR_EXECUTOR_H_
#define UNDERSTUDY_COMMON_EXECUTOR_EXECUTOR_H_

#include <cstdint>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "common/time/steady_time.h"

namespace understudy {

// Runs tasks one after the other, never two at once, in the order posted. One executor owns one
// core: adapters post to it from any thread, so the core needs no mutex. All calls are thread-safe.
class Executor {
 public:
  using Task = absl::AnyInvocable<void()>;
  // Never 0, never used twice.
  using TimerId = uint64_t;

  virtual ~Executor() = default;

  // Queues `task`. After the executor has stopped the task is destroyed without being run.
  virtual void Post(Task task) = 0;
  // Runs `task` at once, on this thread, when the executor has nothing to do; else queues it. For
  // callbacks that bring what somebody waits for: it spares them a change of threads. The caller
  // must not hold what a task may wait for: a lock, or a thread that others need for long.
  virtual void RunOrPost(Task task) { Post(std::move(task)); }
  // Queues `task` once `time` has come. Timers that are due run in the order of their times, ties
  // in the order of these calls.
  virtual TimerId RunAt(SteadyTime time, Task task) = 0;
  // False when the timer has begun to run, ran, or was never set.
  virtual bool Cancel(TimerId timer) = 0;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_EXECUTOR_EXECUTOR_H_
