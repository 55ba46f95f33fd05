#include "common/sim/sim_loop.h"

#include <algorithm>

namespace understudy {

SimLoop::EventId SimLoop::At(SteadyTime time, Task task) {
  const EventId event = ++last_event_;
  if (time.is_infinite()) return event;
  time = std::max(time, now());
  events_.emplace(std::make_pair(time, event), std::move(task));
  times_.emplace(event, time);
  return event;
}

bool SimLoop::Cancel(EventId event) {
  const auto found = times_.find(event);
  if (found == times_.end()) return false;
  events_.erase({found->second, event});
  times_.erase(found);
  return true;
}

bool SimLoop::RunNext(SteadyTime limit) {
  if (events_.empty() || events_.begin()->first.first > limit) return false;
  auto event = events_.extract(events_.begin());
  times_.erase(event.key().second);
  clock_.AdvanceTo(event.key().first);
  event.mapped()();
  return true;
}

}  // namespace understudy
