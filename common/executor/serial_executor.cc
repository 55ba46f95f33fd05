#include "common/executor/serial_executor.h"

#include <pthread.h>

#include <algorithm>

namespace understudy {

SerialExecutor::SerialExecutor(std::string name, const Clock& clock)
    : clock_(clock), thread_([this] { Loop(); }) {
  pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

SerialExecutor::~SerialExecutor() { Stop(); }

void SerialExecutor::Post(Task task) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return;
  queue_.push_back(std::move(task));
  wake_.Signal();
}

Executor::TimerId SerialExecutor::RunAt(SteadyTime time, Task task) {
  absl::MutexLock lock(&mutex_);
  const TimerId id = ++last_timer_;
  if (stopping_) return id;
  const bool earliest = timers_.empty() || time < timers_.begin()->first.first;
  timers_.emplace(TimerKey(time, id), std::move(task));
  timer_times_.emplace(id, time);
  if (earliest) wake_.Signal();
  return id;
}

bool SerialExecutor::Cancel(TimerId timer) {
  absl::MutexLock lock(&mutex_);
  const auto found = timer_times_.find(timer);
  if (found == timer_times_.end()) return false;
  timers_.erase(TimerKey(found->second, timer));
  timer_times_.erase(found);
  return true;
}

void SerialExecutor::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    timers_.clear();
    timer_times_.clear();
    wake_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

size_t SerialExecutor::queue_length() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size();
}

void SerialExecutor::Loop() {
  Task task;
  while (Next(task)) {
    task();
    task = nullptr;
  }
}

bool SerialExecutor::Next(Task& task) {
  absl::MutexLock lock(&mutex_);
  while (true) {
    if (TakeDueTimer(task)) return true;
    if (!queue_.empty()) {
      task = std::move(queue_.front());
      queue_.pop_front();
      return true;
    }
    if (stopping_) return false;
    wake_.WaitWithTimeout(&mutex_, UntilNextTimer());
  }
}

bool SerialExecutor::TakeDueTimer(Task& task) {
  if (timers_.empty() || timers_.begin()->first.first > clock_.SteadyNow()) return false;
  task = std::move(timers_.begin()->second);
  timer_times_.erase(timers_.begin()->first.second);
  timers_.erase(timers_.begin());
  return true;
}

absl::Duration SerialExecutor::UntilNextTimer() const {
  if (timers_.empty()) return absl::InfiniteDuration();
  // At least a microsecond, so that rounding cannot make the wait a spin.
  return std::max(timers_.begin()->first.first - clock_.SteadyNow(), absl::Microseconds(1));
}

}  // namespace understudy
