#include "common/executor/manual_executor.h"

#include <algorithm>

namespace understudy {

void ManualExecutor::Post(Task task) { queue_.push_back(std::move(task)); }

Executor::TimerId ManualExecutor::RunAt(SteadyTime time, Task task) {
  timers_.emplace(std::make_pair(time, ++last_timer_), std::move(task));
  return last_timer_;
}

bool ManualExecutor::Cancel(TimerId timer) {
  return std::erase_if(timers_, [timer](const auto& entry) {
           return entry.first.second == timer;
         }) > 0;
}

void ManualExecutor::RunReady() {
  while (RunOne()) {
  }
}

bool ManualExecutor::RunOne() {
  Task task;
  if (!timers_.empty() && timers_.begin()->first.first <= clock_.SteadyNow()) {
    task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
  } else if (!queue_.empty()) {
    task = std::move(queue_.front());
    queue_.pop_front();
  } else {
    return false;
  }
  task();
  return true;
}

void ManualExecutor::Advance(absl::Duration duration) {
  const SteadyTime end = clock_.SteadyNow() + duration;
  RunReady();
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    clock_.AdvanceTo(timers_.begin()->first.first);
    RunReady();
  }
  clock_.AdvanceTo(end);
}

}  // namespace understudy
