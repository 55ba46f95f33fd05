#include "services/station_agent/runtime/scheduler/runtime.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "services/station_agent/runtime/scheduler/descriptor_registry.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr absl::Duration kWatchInterval = absl::Milliseconds(10);
// With all threads idle there is nothing to watch.
constexpr absl::Duration kIdleWatchInterval = absl::Milliseconds(500);
// A thread whose coroutines only look around now and again is idle too.
constexpr uint64_t kIdleSwitches = 1000;

// Whether the kernel has the thread blocked rather than running or wanting to.
bool Sleeps(int thread_id) {
  char path[64];
  std::snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread_id);
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const size_t end = line.rfind(')');
  if (end == std::string::npos || end + 2 >= line.size()) return false;
  const char state = line[end + 2];
  return state == 'S' || state == 'D';
}

absl::Duration CpuOf(std::thread& thread) {
  clockid_t clock{};
  timespec used{};
  if (pthread_getcpuclockid(thread.native_handle(), &clock) != 0) return absl::ZeroDuration();
  if (clock_gettime(clock, &used) != 0) return absl::ZeroDuration();
  return absl::DurationFromTimespec(used);
}

int ThreadCount(int wanted) {
  const int count =
      wanted > 0 ? wanted : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::min(count, descriptor_registry::kMaxManagers);
}

}  // namespace

Runtime::Runtime(RuntimeOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock) {
  for (int i = 0; i < ThreadCount(options_.threads); ++i) {
    workers_.push_back(std::make_unique<Worker>(options_.hog_limit));
    Worker& worker = *workers_.back();
    worker.manager = std::make_unique<Manager>(options_.manager, clock_, worker.engine);
    worker.thread = std::thread([this, &worker] {
      worker.manager->Run(options_.stop_patience);
      stubborn_ += worker.manager->stats().waiting + worker.manager->stats().ready;
      worker.manager->Close();
    });
    pthread_setname_np(worker.thread.native_handle(), ("runtime-" + std::to_string(i)).c_str());
  }
  watchdog_ = std::thread([this] { Watch(); });
  pthread_setname_np(watchdog_.native_handle(), "rt-watchdog");
}

Runtime::~Runtime() { Stop(); }

uint32_t Runtime::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    stop_.notify_all();
  }
  if (watchdog_.joinable()) watchdog_.join();
  for (auto& worker : workers_) worker->manager->Stop();
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
  return stubborn_.load();
}

Manager& Runtime::Choose(int thread) {
  if (thread != kAnyThread) return manager(thread % threads());
  switch (options_.placement) {
    case Placement::kRoundRobin:
      return manager(static_cast<int>(next_.fetch_add(1, std::memory_order_relaxed) %
                                      static_cast<uint32_t>(threads())));
    case Placement::kSameThread:
      for (auto& worker : workers_) {
        if (worker->manager.get() == Manager::Current()) return *worker->manager;
      }
      return LeastLoaded();
    case Placement::kLeastLoaded:
      return LeastLoaded();
  }
  return manager(0);
}

// Ties go round, so that a burst from outside, whose coroutines are not counted yet, is spread too.
Manager& Runtime::LeastLoaded() {
  const auto first = next_.fetch_add(1, std::memory_order_relaxed);
  Manager* best = nullptr;
  for (uint32_t i = 0; i < workers_.size(); ++i) {
    Manager& candidate = *workers_[(first + i) % workers_.size()]->manager;
    if (best == nullptr || candidate.load() < best->load()) best = &candidate;
  }
  return *best;
}

template <typename Ask>
void Runtime::AskEach(Ask ask) {
  std::mutex mutex;
  std::condition_variable answered;
  size_t answers = 0;
  for (auto& worker : workers_) {
    Manager& manager = *worker->manager;
    const auto answer = [&, &each = manager] {
      const std::lock_guard<std::mutex> lock(mutex);
      ask(each);
      ++answers;
      answered.notify_one();
    };
    if (!manager.Post(answer)) answer();
  }
  std::unique_lock<std::mutex> lock(mutex);
  answered.wait(lock, [&] { return answers == workers_.size(); });
}

std::vector<ManagerStats> Runtime::Stats() {
  std::vector<ManagerStats> all(workers_.size());
  AskEach([&](Manager& asked) {
    for (size_t i = 0; i < workers_.size(); ++i) {
      if (workers_[i]->manager.get() == &asked) all[i] = asked.stats();
    }
  });
  return all;
}

std::string Runtime::Dump() {
  std::string text;
  AskEach([&](Manager& asked) { text += asked.Dump(); });
  return text;
}

void Runtime::Watch() {
  absl::Duration interval = kWatchInterval;
  int idle_looks = 0;
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      stop_.wait_for(lock, absl::ToChronoNanoseconds(interval), [this] { return stopping_; });
      if (stopping_) return;
    }
    bool busy = false;
    for (auto& worker : workers_) busy = WatchOne(*worker) || busy;
    idle_looks = busy ? 0 : idle_looks + 1;
    interval = idle_looks > 100 ? kIdleWatchInterval : kWatchInterval;
  }
}

bool Runtime::WatchOne(Worker& worker) {
  const RunSample sample = worker.manager->Sample();
  const SteadyTime now = clock_.SteadyNow();
  TrimIfIdle(worker, sample, now);
  if (sample.name == nullptr || sample.thread_id == 0) {
    worker.hogs.Observe(HogSample{now, sample.switches, nullptr, false, {}});
    return !sample.asleep;
  }
  const HogSample seen{now, sample.switches, sample.name, Sleeps(sample.thread_id),
                       CpuOf(worker.thread)};
  // What was read does not belong together when the coroutine changed meanwhile.
  if (worker.manager->Sample().switches != sample.switches) return true;
  const auto report = worker.hogs.Observe(seen);
  TellOfLongest(worker);
  if (report.has_value()) {
    hogs_.fetch_add(1, std::memory_order_relaxed);
    if (options_.on_hog) options_.on_hog(*report);
  }
  return true;
}

void Runtime::TellOfLongest(Worker& worker) {
  if (!worker.longest_told.Keep(worker.hogs.longest())) return;
  Manager* manager = worker.manager.get();
  manager->Post([manager, run = worker.longest_told] { manager->NoteRun(run); });
}

void Runtime::TrimIfIdle(Worker& worker, const RunSample& sample, SteadyTime now) {
  const uint64_t switches = sample.switches - worker.idle_switches;
  if (!sample.asleep || switches > kIdleSwitches) {
    worker.idle_switches = sample.switches;
    worker.idle_since = now;
    return;
  }
  if (now - worker.idle_since < options_.trim_after) return;
  worker.idle_since = now;
  worker.idle_switches = sample.switches;
  if (sample.trimmed) return;
  Manager* manager = worker.manager.get();
  manager->Post([manager] { manager->Trim(); });
}

}  // namespace understudy::station_agent::runtime
