#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_TESTING_FAKE_EVENT_ENGINE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_TESTING_FAKE_EVENT_ENGINE_H_

#include <algorithm>
#include <deque>
#include <functional>
#include <set>

#include "common/time/simulated_clock.h"
#include "services/station_agent/runtime/scheduler/event_engine.h"

namespace understudy::station_agent::runtime {

// An engine without descriptors: a wait moves the simulated clock to its end, so that a test takes
// no time. A wait for ever asks `on_stall`, which must make something happen.
class FakeEventEngine final : public EventEngine {
 public:
  explicit FakeEventEngine(SimulatedClock& clock) : clock_(clock) {}

  std::function<void()> on_stall = [] { std::abort(); };

  // What the next Wait reports.
  void Report(DescriptorEvent event) { events_.push_back(event); }
  const std::set<int>& watched() const { return watched_; }
  int waits() const { return waits_; }

  int Watch(int descriptor, uint32_t) override {
    watched_.insert(descriptor);
    return 0;
  }
  void Forget(int descriptor) override { watched_.erase(descriptor); }
  size_t Wait(absl::Duration timeout, std::span<DescriptorEvent> events) override {
    ++waits_;
    if (events_.empty() && timeout == absl::InfiniteDuration()) {
      on_stall();
    } else if (events_.empty()) {
      clock_.Advance(timeout);
    }
    const size_t count = std::min(events.size(), events_.size());
    for (size_t i = 0; i < count; ++i) {
      events[i] = events_.front();
      events_.pop_front();
    }
    return count;
  }
  void Wake() override {}
  void AbandonAfterFork() override {}

 private:
  SimulatedClock& clock_;
  std::deque<DescriptorEvent> events_;
  std::set<int> watched_;
  int waits_ = 0;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_TESTING_FAKE_EVENT_ENGINE_H_
