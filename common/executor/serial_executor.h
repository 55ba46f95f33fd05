#ifndef UNDERSTUDY_COMMON_EXECUTOR_SERIAL_EXECUTOR_H_
#define UNDERSTUDY_COMMON_EXECUTOR_SERIAL_EXECUTOR_H_

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/time/time.h"
#include "common/executor/executor.h"
#include "common/time/clock.h"

namespace understudy {

// An Executor with a thread of its own, where all runs that was not run by RunOrPost on the thread
// of its caller. Time spent waiting costs nothing.
//
// It waits on a std::condition_variable, whose wait_for counts on the monotonic clock. Abseil's
// waits on the wall clock here, and would sleep past its timers when that is set back.
class SerialExecutor final : public Executor {
 public:
  // `clock` must be a real one (the thread waits in real time) and outlive the executor. `name` is
  // the thread's, at most 15 characters.
  SerialExecutor(std::string name, const Clock& clock);
  // Stops. No other thread may be in a call any more.
  ~SerialExecutor() override;

  SerialExecutor(const SerialExecutor&) = delete;
  SerialExecutor& operator=(const SerialExecutor&) = delete;

  void Post(Task task) override;
  void RunOrPost(Task task) override;
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
  // Waits for the next task, with mutex_ held; false when it is time to end.
  bool Next(std::unique_lock<std::mutex>& lock, Task& task);
  // Ends a run on a caller's thread, or goes on with what it posted: then with the next task.
  bool NextOnCaller(Task& task, int& left);
  // With mutex_ held, all of them.
  bool TakeDueTimer(Task& task);
  bool TakeQueued(Task& task);
  void Wait(std::unique_lock<std::mutex>& lock);
  bool ThreadIsNeeded() const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  // Guarded by mutex_, up to thread_.
  std::condition_variable wake_;
  std::deque<Task> queue_;
  std::map<TimerKey, Task> timers_;
  std::unordered_map<TimerId, SteadyTime> timer_times_;
  TimerId last_timer_ = 0;
  // A task runs, on whichever thread.
  bool running_ = false;
  // Until when the thread sleeps unless it is woken; long past while it is awake.
  SteadyTime asleep_until_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_EXECUTOR_SERIAL_EXECUTOR_H_
