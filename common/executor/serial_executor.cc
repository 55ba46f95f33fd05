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
  {
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    queue_.push_back(std::move(task));
  }
  // Not under the lock, on which the woken thread would go back to sleep.
  wake_.notify_one();
}

Executor::TimerId SerialExecutor::RunAt(SteadyTime time, Task task) {
  std::unique_lock lock(mutex_);
  const TimerId id = ++last_timer_;
  if (stopping_) return id;
  const bool earliest = timers_.empty() || time < timers_.begin()->first.first;
  timers_.emplace(TimerKey(time, id), std::move(task));
  timer_times_.emplace(id, time);
  if (earliest) wake_.notify_one();
  return id;
}

bool SerialExecutor::Cancel(TimerId timer) {
  std::unique_lock lock(mutex_);
  const auto found = timer_times_.find(timer);
  if (found == timer_times_.end()) return false;
  timers_.erase(TimerKey(found->second, timer));
  timer_times_.erase(found);
  return true;
}

void SerialExecutor::Stop() {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    timers_.clear();
    timer_times_.clear();
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

size_t SerialExecutor::queue_length() const {
  std::unique_lock lock(mutex_);
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
  std::unique_lock lock(mutex_);
  while (true) {
    if (TakeDueTimer(task)) return true;
    if (!queue_.empty()) {
      task = std::move(queue_.front());
      queue_.pop_front();
      return true;
    }
    if (stopping_) return false;
    Wait(lock);
  }
}

bool SerialExecutor::TakeDueTimer(Task& task) {
  if (timers_.empty() || timers_.begin()->first.first > clock_.SteadyNow()) return false;
  task = std::move(timers_.begin()->second);
  timer_times_.erase(timers_.begin()->first.second);
  timers_.erase(timers_.begin());
  return true;
}

void SerialExecutor::Wait(std::unique_lock<std::mutex>& lock) {
  if (timers_.empty()) return wake_.wait(lock);
  // At most an hour, since a far timer would overflow the clock that wait_for adds it to.
  const absl::Duration until = timers_.begin()->first.first - clock_.SteadyNow();
  wake_.wait_for(lock, absl::ToChronoNanoseconds(std::min(until, absl::Hours(1))));
}

}  // namespace understudy
