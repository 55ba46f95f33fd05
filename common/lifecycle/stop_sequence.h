#ifndef UNDERSTUDY_COMMON_LIFECYCLE_STOP_SEQUENCE_H_
#define UNDERSTUDY_COMMON_LIFECYCLE_STOP_SEQUENCE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/log/log.h"

namespace understudy::lifecycle {

// What a process does to stop, in order, and how long all of it may take:
//
//   void Server::AddStopSteps(lifecycle::StopSequence& stop) {
//     stop.Add("refuse calls", [this] { rpc_->Shutdown(); });
//     stop.Add("core", [this] { executor_.Stop(); });
//   }
class StopSequence {
 public:
  // What happens when the time is over: the real one ends the process.
  using OnOverrun = std::function<void()>;

  // `on_overrun` defaults to `_exit(1)`: what hangs cannot be stopped in any better way.
  explicit StopSequence(absl::Duration budget = absl::Seconds(5), OnOverrun on_overrun = nullptr);

  // Steps run in the order of these calls. Outside first: what brings work in stops before what
  // does the work, which stops before what stores it.
  void Add(std::string name, absl::AnyInvocable<void()> step);

  // Runs the steps on this thread. When they take longer than the budget, a watchdog thread logs
  // the step that is under way and calls `on_overrun`. Once.
  void Run();

 private:
  struct Step {
    std::string name;
    absl::AnyInvocable<void()> run;
  };

  absl::Duration budget_;
  OnOverrun on_overrun_;
  log::Logger log_{"lifecycle"};
  std::vector<Step> steps_;
};

}  // namespace understudy::lifecycle

#endif  // UNDERSTUDY_COMMON_LIFECYCLE_STOP_SEQUENCE_H_
