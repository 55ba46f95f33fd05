#include "services/station_agent/runtime/scheduler/waiter.h"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "absl/time/time.h"
#include "common/time/system_clock.h"
#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::station_agent::runtime {

// Where one ordinary thread sleeps. Never freed, because a notifier may still touch it when the
// thread has already gone on: threads that end leave theirs to later ones.
class ThreadParker {
 public:
  static ThreadParker* Mine() {
    thread_local Holder holder;
    return holder.parker;
  }

  void Unpark() {
    const std::lock_guard<std::mutex> lock(mutex_);
    signalled_ = true;
    condition_.notify_one();
  }
  // False when `deadline` passed.
  bool Park(SteadyTime deadline) {
    const SystemClock clock;
    std::unique_lock<std::mutex> lock(mutex_);
    while (!signalled_) {
      if (deadline.is_infinite()) {
        condition_.wait(lock);
        continue;
      }
      const absl::Duration left = deadline - clock.SteadyNow();
      if (left <= absl::ZeroDuration()) return false;
      condition_.wait_for(lock, absl::ToChronoNanoseconds(std::min(left, absl::Hours(1))));
    }
    signalled_ = false;
    return true;
  }

 private:
  struct Holder {
    Holder() {
      const std::lock_guard<std::mutex> lock(free_mutex);
      parker = free != nullptr ? free : new ThreadParker;
      free = parker->next_free_;
    }
    ~Holder() {
      const std::lock_guard<std::mutex> lock(free_mutex);
      parker->next_free_ = free;
      free = parker;
    }
    ThreadParker* parker;
  };

  static inline std::mutex free_mutex;
  static inline ThreadParker* free = nullptr;

  std::mutex mutex_;
  std::condition_variable condition_;
  bool signalled_ = false;
  ThreadParker* next_free_ = nullptr;
};

Waiter::Waiter(const char* waits_for, int descriptor_or_minus_1)
    : what(waits_for), descriptor(descriptor_or_minus_1) {
  manager = Manager::Current();
  coroutine = manager != nullptr ? manager->current() : nullptr;
  if (coroutine == nullptr) {
    manager = nullptr;
    parker = ThreadParker::Mine();
  } else {
    parker = nullptr;
    since = manager->pass_time();
    node.run = [](InboxNode* work, Manager& owner) {
      auto* waiter =
          reinterpret_cast<Waiter*>(reinterpret_cast<char*>(work) - offsetof(Waiter, node));
      owner.MakeReady(waiter->coroutine);
    };
  }
}

void Waiter::Notify() {
  if (manager == nullptr) {
    parker->Unpark();
  } else if (manager == Manager::Current()) {
    manager->MakeReady(coroutine);
  } else {
    manager->Post(&node);
  }
}

WakeReason Waiter::Wait(SteadyTime deadline) {
  if (manager != nullptr) return manager->Park(*this, deadline);
  if (!parker->Park(deadline)) {
    if (Claim(WakeReason::kTimedOut)) return WakeReason::kTimedOut;
    // Whoever has claimed it reads this waiter until it unparks.
    parker->Park(SteadyTime::Infinite());
  }
  return result.load(std::memory_order_acquire);
}

}  // namespace understudy::station_agent::runtime
