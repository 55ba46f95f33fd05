#ifndef UNDERSTUDY_COMMON_EXECUTOR_SERIAL_EXECUTOR_H_
#define UNDERSTUDY_COMMON_EXECUTOR_SERIAL_EXECUTOR_H_

#include <deque>
#include <map>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/executor/executor.h"
#include "common/time/clock.h"

namespace understudy {

// An Executor with a thread of its own. Time spent waiting costs nothing.
class SerialExecutor final : public Executor {
 public:
  // `clock` must be a real one (the thread waits in real time) and outlive the executor. `name` is
  // the thread's, at most 15 characters.
  SerialExecutor(std::string name, const Clock& clock);
  // Stops.
  ~SerialExecutor() override;

  SerialExecutor(const SerialExecutor&) = delete;
  SerialExecutor& operator=(const SerialExecutor&) = delete;

  void Post(Task task) override;
  TimerId RunAt(SteadyTime time, Task task) override;
  bool Cancel(TimerId timer) override;

  // Runs what was posted before this call, drops timers and all that comes later, and joins the
  // thread. Idempotent. Not from the executor's own thread.
  void Stop();

  // Tasks that wait. For metrics.
  size_t queue_length() const;

 private:
  using TimerKey = std::pair<SteadyTime, TimerId>;

  void Loop();
  // Waits for the next task; false when it is time to end.
  bool Next(Task& task);
  bool TakeDueTimer(Task& task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Duration UntilNextTimer() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  mutable absl::Mutex mutex_;
  absl::CondVar wake_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<TimerKey, Task> timers_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<TimerId, SteadyTime> timer_times_ ABSL_GUARDED_BY(mutex_);
  TimerId last_timer_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_EXECUTOR_SERIAL_EXECUTOR_H_
