#include "common/lifecycle/stop_sequence.h"

#include <unistd.h>

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace understudy::lifecycle {
namespace {

// Calls back, on its own thread, unless it is destroyed before the time is over.
class Watchdog {
 public:
  Watchdog(absl::Duration budget, std::function<void(const std::string&)> on_overrun)
      : thread_([this, budget, on_overrun = std::move(on_overrun)] {
          absl::MutexLock lock(&mutex_);
          if (mutex_.AwaitWithTimeout(absl::Condition(&done_), budget)) return;
          on_overrun(step_);
        }) {}
  ~Watchdog() {
    {
      absl::MutexLock lock(&mutex_);
      done_ = true;
    }
    thread_.join();
  }

  void Enter(const std::string& step) {
    absl::MutexLock lock(&mutex_);
    step_ = step;
  }

 private:
  absl::Mutex mutex_;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  std::string step_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

StopSequence::StopSequence(absl::Duration budget, OnOverrun on_overrun)
    : budget_(budget), on_overrun_(std::move(on_overrun)) {
  if (!on_overrun_) on_overrun_ = [] { _exit(1); };
}

void StopSequence::Add(std::string name, absl::AnyInvocable<void()> step) {
  steps_.push_back({std::move(name), std::move(step)});
}

void StopSequence::Run() {
  Watchdog watchdog(budget_, [this](const std::string& step) {
    log_.With("step", step).Error("did not stop within {}", absl::FormatDuration(budget_));
    on_overrun_();
  });
  for (Step& step : steps_) {
    log_.Debug("stopping: {}", step.name);
    watchdog.Enter(step.name);
    step.run();
  }
}

}  // namespace understudy::lifecycle
