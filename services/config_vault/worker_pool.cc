#include "services/config_vault/worker_pool.h"

#include <pthread.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::config_vault {

WorkerPool::WorkerPool(const Limits& limits) : limits_(limits) {
  for (size_t i = 0; i < limits.threads; ++i) {
    threads_.emplace_back([this] { Loop(); });
    pthread_setname_np(threads_.back().native_handle(), "vault-worker");
  }
}

WorkerPool::~WorkerPool() { Stop(); }

absl::Status WorkerPool::Admit(size_t bytes) const {
  absl::MutexLock lock(&mutex_);
  if (stopping_) {
    return MakeError(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the vault is shutting down");
  }
  if (queue_.size() < limits_.max_waiting && waiting_bytes_ + bytes <= limits_.max_waiting_bytes) {
    return absl::OkStatus();
  }
  return MakeError(absl::StatusCode::kResourceExhausted, "OVERLOADED",
                   absl::StrCat(queue_.size(), " requests of ", waiting_bytes_,
                                " bytes wait already; the limits are ", limits_.max_waiting,
                                " and ", limits_.max_waiting_bytes));
}

void WorkerPool::Post(Task task, size_t bytes) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return;
  queue_.push_back({std::move(task), bytes});
  waiting_bytes_ += bytes;
  wake_.Signal();
}

void WorkerPool::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.SignalAll();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::Loop() {
  Task task;
  while (Next(task)) {
    task();
    task = nullptr;
  }
}

bool WorkerPool::Next(Task& task) {
  absl::MutexLock lock(&mutex_);
  while (queue_.empty()) {
    if (stopping_) return false;
    wake_.Wait(&mutex_);
  }
  task = std::move(queue_.front().task);
  waiting_bytes_ -= queue_.front().bytes;
  queue_.pop_front();
  return true;
}

}  // namespace understudy::config_vault
