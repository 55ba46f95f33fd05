#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_WORKER_POOL_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace understudy::config_vault {

// A few threads for what must not run in a gRPC reaction: reads of the disk, and the checking,
// hashing and packing of large documents. Tasks run in no fixed order. Thread-safe.
class WorkerPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  struct Limits {
    size_t threads = 2;
    // What may wait before Admit refuses.
    size_t max_waiting = 1024;
    size_t max_waiting_bytes = 64 << 20;
  };
  explicit WorkerPool(const Limits& limits);
  // Stops.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Whether there is room for a task that holds so many bytes: ask before Post, while the request
  // can still be refused with a reason. RESOURCE_EXHAUSTED OVERLOADED, UNAVAILABLE SHUTTING_DOWN.
  absl::Status Admit(size_t bytes) const;

  // Queues a task, whatever waits; after Stop it is destroyed without being run.
  void Post(Task task, size_t bytes = 0);

  // Runs what waits and joins the threads. Idempotent. Not from a task.
  void Stop();

 private:
  struct Waiting {
    Task task;
    size_t bytes = 0;
  };

  void Loop();
  bool Next(Task& task);

  const Limits limits_;
  mutable absl::Mutex mutex_;
  absl::CondVar wake_;
  std::deque<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_WORKER_POOL_H_
