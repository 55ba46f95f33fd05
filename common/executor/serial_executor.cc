#include "common/executor/serial_executor.h"

#include <pthread.h>

#include <algorithm>

namespace understudy {
namespace {

// A caller's thread that runs one task goes on with what was posted meanwhile, up to so many.
constexpr int kTasksOnCaller = 16;

}  // namespace

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
    // Whoever runs looks at the queue when it is done.
    if (running_) return;
  }
  // Not under the lock, on which the woken thread would go back to sleep.
  wake_.notify_one();
}

void SerialExecutor::RunOrPost(Task task) {
  {
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (running_ || !queue_.empty()) {
      queue_.push_back(std::move(task));
      return;
    }
    running_ = true;
  }
  int left = kTasksOnCaller;
  do {
    task();
    task = nullptr;
  } while (NextOnCaller(task, left));
}

bool SerialExecutor::NextOnCaller(Task& task, int& left) {
  {
    std::unique_lock lock(mutex_);
    if (--left > 0 && TakeQueued(task)) return true;
    running_ = false;
    if (!ThreadIsNeeded()) return false;
  }
  wake_.notify_one();
  return false;
}

bool SerialExecutor::ThreadIsNeeded() const {
  return stopping_ || !queue_.empty() ||
         (!timers_.empty() && timers_.begin()->first.first < asleep_until_);
}

Executor::TimerId SerialExecutor::RunAt(SteadyTime time, Task task) {
  std::unique_lock lock(mutex_);
  const TimerId id = ++last_timer_;
  if (stopping_) return id;
  timers_.emplace(TimerKey(time, id), std::move(task));
  timer_times_.emplace(id, time);
  if (!running_ && time < asleep_until_) wake_.notify_one();
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
  std::unique_lock lock(mutex_);
  while (Next(lock, task)) {
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    running_ = false;
  }
}

bool SerialExecutor::Next(std::unique_lock<std::mutex>& lock, Task& task) {
  while (true) {
    if (!running_ && (TakeDueTimer(task) || TakeQueued(task))) {
      running_ = true;
      return true;
    }
    if (!running_ && stopping_) return false;
    Wait(lock);
  }
}

bool SerialExecutor::TakeQueued(Task& task) {
  if (queue_.empty()) return false;
  task = std::move(queue_.front());
  queue_.pop_front();
  return true;
}

bool SerialExecutor::TakeDueTimer(Task& task) {
  if (timers_.empty() || timers_.begin()->first.first > clock_.SteadyNow()) return false;
  task = std::move(timers_.begin()->second);
  timer_times_.erase(timers_.begin()->first.second);
  timers_.erase(timers_.begin());
  return true;
}

void SerialExecutor::Wait(std::unique_lock<std::mutex>& lock) {
  // What runs on a caller's thread wakes this one when there is something left to do.
  const bool until_woken = running_ || timers_.empty();
  asleep_until_ = until_woken ? SteadyTime::Infinite() : timers_.begin()->first.first;
  if (asleep_until_.is_infinite()) {
    wake_.wait(lock);
  } else {
    // At most an hour, since a far timer would overflow the clock that wait_for adds it to.
    const absl::Duration nap = std::min(asleep_until_ - clock_.SteadyNow(), absl::Hours(1));
    wake_.wait_for(lock, absl::ToChronoNanoseconds(nap));
  }
  asleep_until_ = SteadyTime();
}

}  // namespace understudy
