#include "services/station_agent/runtime/sync/offload.h"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

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
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (queue_.size() >= kMaxQueued) return false;
      queue_.push_back(std::move(task));
      if (idle_ == 0 && threads_ < kThreads) StartThread();
    }
    wake_.notify_one();
    return true;
  }

 private:
  // With the lock held.
  void StartThread() {
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
    std::unique_lock<std::mutex> lock(mutex_);
    ++idle_;
    wake_.wait(lock, [this] { return !queue_.empty(); });
    --idle_;
    absl::AnyInvocable<void()&&> task = std::move(queue_.front());
    queue_.pop_front();
    return task;
  }

  // Guards all below. Not one of Abseil's, which may sleep, that is, yield, inside.
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<absl::AnyInvocable<void() &&>> queue_;
  int idle_ = 0;
  int threads_ = 0;
};

}  // namespace

bool OffloadTask(absl::AnyInvocable<void() &&> task) {
  return OffloadPool::Get().Add(std::move(task));
}

}  // namespace understudy::station_agent::runtime
