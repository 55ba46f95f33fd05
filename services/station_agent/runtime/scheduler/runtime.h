#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_RUNTIME_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_RUNTIME_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/time/clock.h"
#include "services/station_agent/runtime/scheduler/epoll_engine.h"
#include "services/station_agent/runtime/scheduler/hog_detector.h"
#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::station_agent::runtime {

// Where a new coroutine goes. It stays there.
enum class Placement : uint8_t {
  kLeastLoaded,  // the thread with the fewest coroutines
  kRoundRobin,   // the threads in turn
  kSameThread,   // the spawning one; from outside of the runtime, the least loaded
};

struct RuntimeOptions {
  // 0: one for each processor. At most 64.
  int threads = 0;
  Placement placement = Placement::kLeastLoaded;
  ManagerOptions manager;
  // A coroutine that computes or blocks for this long without yielding is reported.
  absl::Duration hog_limit = absl::Milliseconds(50);
  // Told of each hog, on the watchdog's thread.
  std::function<void(const HogReport&)> on_hog;
  // After this long without anything to run a thread gives memory back.
  absl::Duration trim_after = absl::Seconds(1);
  // How long Stop waits for cancelled coroutines to end.
  absl::Duration stop_patience = absl::Seconds(5);
};

inline constexpr int kAnyThread = -1;

// The upper tier: threads with a manager each, the placing of new coroutines, and a watchdog. All
// calls are thread-safe.
class Runtime {
 public:
  // `clock` must outlive the runtime. The threads run from here on.
  Runtime(RuntimeOptions options, const Clock& clock);
  // Stops.
  ~Runtime();

  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Makes a coroutine on a thread (`thread` pins it to one). From outside of that thread the
  // function travels there and the coroutine begins a little later; when max_coroutines live there,
  // it is dropped and counted in ManagerStats::refused. False when the runtime has stopped; while
  // it stops, a new coroutine is cancelled from its birth.
  template <typename Function>
  bool Spawn(Function function, SpawnOptions options = {}, int thread = kAnyThread) {
    Manager& manager = Choose(thread);
    if (&manager == Manager::Current()) {
      return manager.Spawn(std::move(function), options) != 0;
    }
    return manager.Post([&manager, options, work = std::move(function)]() mutable {
      manager.Spawn(std::move(work), options);
    });
  }

  // Cancels all coroutines, waits for their ends, and joins the threads. Idempotent; not from a
  // coroutine. Returns how many would not end within the patience.
  uint32_t Stop();

  int threads() const { return static_cast<int>(workers_.size()); }
  Manager& manager(int thread) { return *workers_[static_cast<size_t>(thread)]->manager; }
  // Asks each thread and waits for the answers; after Stop, what was left. Not from a coroutine.
  std::vector<ManagerStats> Stats();
  std::string Dump();
  uint64_t hogs() const { return hogs_.load(std::memory_order_relaxed); }

 private:
  struct Worker {
    EpollEngine engine;
    std::unique_ptr<Manager> manager;
    HogDetector hogs;
    NamedRun longest_told;
    SteadyTime idle_since = SteadyTime::Infinite();
    uint64_t idle_switches = 0;
    std::thread thread;

    explicit Worker(absl::Duration hog_limit) : hogs(hog_limit) {}
  };

  Manager& Choose(int thread);
  Manager& LeastLoaded();
  template <typename Ask>
  void AskEach(Ask ask);
  void Watch();
  // Returns whether the thread had anything to do.
  bool WatchOne(Worker& worker);
  // Tells the thread of a longer run than it may know of.
  void TellOfLongest(Worker& worker);
  void TrimIfIdle(Worker& worker, const RunSample& sample, SteadyTime now);

  const RuntimeOptions options_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<uint32_t> next_{0};
  std::atomic<uint64_t> hogs_{0};
  std::atomic<uint32_t> stubborn_{0};
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread watchdog_;
};

// ---- In a coroutine, or in an ordinary thread (then they act on the thread).

// Makes a coroutine beside the calling one, on its thread. 0 when there is no room, or outside of
// a runtime.
template <typename Function>
CoroutineId Spawn(Function&& function, const SpawnOptions& options = {}) {
  Manager* manager = Manager::Current();
  return manager == nullptr ? 0 : manager->Spawn(std::forward<Function>(function), options);
}

// In a coroutine only. False when the coroutine was cancelled, and at once from then on.
inline bool PauseFor(absl::Duration duration) {
  Manager* manager = Manager::Current();
  return manager->SleepUntil(manager->now() + duration) == WakeReason::kTimedOut;
}

// In a coroutine only. For loops that may find something to do for ever, without a wait that fails.
inline bool IsCancelled() { return Manager::Current()->current()->cancelled; }

inline void Yield() {
  Manager* manager = Manager::Current();
  if (manager != nullptr && manager->current() != nullptr) manager->Yield();
}

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_RUNTIME_H_
