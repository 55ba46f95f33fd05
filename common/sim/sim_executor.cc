#include "common/sim/sim_executor.h"

#include <utility>

namespace understudy {

void SimExecutor::Post(Task task) { Schedule(loop_.now(), std::move(task)); }

Executor::TimerId SimExecutor::RunAt(SteadyTime time, Task task) {
  return Schedule(clock_.WorldTimeOf(time), std::move(task));
}

Executor::TimerId SimExecutor::Schedule(SteadyTime world_time, Task task) {
  const TimerId id = ++last_;
  if (state_ == State::kStopped || world_time.is_infinite()) return id;
  Waiting& waiting = waiting_[id];
  waiting.task = std::move(task);
  waiting.event = loop_.At(world_time, [this, id] { Due(id); });
  return id;
}

bool SimExecutor::Cancel(TimerId timer) {
  const auto found = waiting_.find(timer);
  if (found == waiting_.end()) return false;
  loop_.Cancel(found->second.event);
  waiting_.erase(found);
  std::erase_if(held_, [timer](const auto& entry) { return entry.second == timer; });
  return true;
}

void SimExecutor::Stop() {
  state_ = State::kStopped;
  held_.clear();
  // Moved out first: a task's destructor may call back.
  const auto dropped = std::exchange(waiting_, {});
  for (const auto& [id, waiting] : dropped) loop_.Cancel(waiting.event);
}

void SimExecutor::Pause() {
  if (state_ == State::kRunning) state_ = State::kPaused;
}

void SimExecutor::Resume() {
  if (state_ != State::kPaused) return;
  state_ = State::kRunning;
  for (const auto& [order, id] : std::exchange(held_, {})) {
    waiting_.at(id).event = loop_.At(loop_.now(), [this, id = id] { Due(id); });
  }
}

void SimExecutor::Due(TimerId id) {
  if (state_ == State::kPaused) {
    held_.emplace(++last_held_, id);
    return;
  }
  Task task = std::move(waiting_.at(id).task);
  waiting_.erase(id);
  Run(std::move(task));
}

void SimExecutor::Run(Task task) {
  is_running_task_ = true;
  task();
  task = nullptr;
  is_running_task_ = false;
  if (after_task_ != nullptr) after_task_();
}

}  // namespace understudy
