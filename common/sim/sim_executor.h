#ifndef UNDERSTUDY_COMMON_SIM_SIM_EXECUTOR_H_
#define UNDERSTUDY_COMMON_SIM_SIM_EXECUTOR_H_

#include <cstddef>
#include <map>

#include "common/executor/executor.h"
#include "common/sim/sim_clock.h"
#include "common/sim/sim_loop.h"

namespace understudy {

// The executor of a simulated node: production code posts to it as to any other, and its tasks run
// as events of the world. Times are those of the node's own clock. Not thread-safe: the world has
// one thread.
class SimExecutor final : public Executor {
 public:
  // Both must outlive the executor. It begins stopped.
  SimExecutor(SimLoop& loop, const SimClock& clock) : loop_(loop), clock_(clock) {}

  void Post(Task task) override;
  TimerId RunAt(SteadyTime time, Task task) override;
  bool Cancel(TimerId timer) override;

  // For the node.
  void Start() { state_ = State::kRunning; }
  // Drops all tasks and timers, and those that come later.
  void Stop();
  // Tasks whose time comes wait, as those of a process that gets no processor; after Resume they
  // run in the order in which their times came.
  void Pause();
  void Resume();

  // Whether one of its tasks is running.
  bool is_running_task() const { return is_running_task_; }
  // Called after each task, when it is no longer running.
  void SetAfterTask(SimLoop::Task after_task) { after_task_ = std::move(after_task); }
  // Tasks that wait for Resume.
  size_t held() const { return held_.size(); }

 private:
  enum class State { kStopped, kRunning, kPaused };
  struct Waiting {
    SimLoop::EventId event = 0;
    Task task;
  };

  TimerId Schedule(SteadyTime world_time, Task task);
  void Due(TimerId id);
  void Run(Task task);

  SimLoop& loop_;
  const SimClock& clock_;
  State state_ = State::kStopped;
  bool is_running_task_ = false;
  SimLoop::Task after_task_;
  TimerId last_ = 0;
  std::map<TimerId, Waiting> waiting_;
  // Of a paused node, in the order in which their times came.
  std::map<uint64_t, TimerId> held_;
  uint64_t last_held_ = 0;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_SIM_SIM_EXECUTOR_H_
