#include "services/station_agent/runtime/sync/offload.h"

#include <pthread.h>

#include <deque>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr int kThreads = 4;
constexpr size_t kMaxQueued = 4096;

class OffloadPool {
 public:
  static OffloadPool& Get() {
    static auto* pool = new OffloadPool;  // its threads run to the end of the process
    return *pool;
  }

  bool Add(absl::AnyInvocable<void() &&> task) {
    absl::MutexLock lock(&mutex_);
    if (queue_.size() >= kMaxQueued) return false;
    queue_.push_back(std::move(task));
    if (idle_ == 0 && threads_ < kThreads) StartThread();
    wake_.Signal();
    return true;
  }

 private:
  void StartThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ++threads_;
    std::thread thread([this] { Work(); });
    pthread_setname_np(thread.native_handle(), "rt-offload");
    thread.detach();
  }

  void Work() {
    while (true) {
      absl::AnyInvocable<void()&&> task = Next();
      std::move(task)();
    }
  }

  absl::AnyInvocable<void() &&> Next() {
    absl::MutexLock lock(&mutex_);
    ++idle_;
    while (queue_.empty()) wake_.Wait(&mutex_);
    --idle_;
    absl::AnyInvocable<void()&&> task = std::move(queue_.front());
    queue_.pop_front();
    return task;
  }

  absl::Mutex mutex_;
  absl::CondVar wake_;
  std::deque<absl::AnyInvocable<void() &&>> queue_ ABSL_GUARDED_BY(mutex_);
  int idle_ ABSL_GUARDED_BY(mutex_) = 0;
  int threads_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

bool OffloadTask(absl::AnyInvocable<void() &&> task) {
  return OffloadPool::Get().Add(std::move(task));
}

}  // namespace understudy::station_agent::runtime
