#include "services/failover_orchestrator/collection_runner.h"

#include <utility>

namespace understudy::failover_orchestrator {

CollectionRunner::CollectionRunner(const CollectionPolicy& policy, Parts parts, Ask ask)
    : parts_(parts),
      ask_(std::move(ask)),
      planner_(policy, parts.random),
      alarm_(parts.executor, [this] { Run(); }) {}

void CollectionRunner::OnChanged(const std::string& station_id, const std::string& duty_id) {
  planner_.OnChanged(station_id, duty_id, parts_.clock.SteadyNow());
  Run();
}

void CollectionRunner::OnCollected(const std::string& station_id, const std::string& error) {
  const bool done = error.empty();
  if (planner_.OnAnswered(station_id, done, parts_.clock.SteadyNow())) {
    (done ? parts_.metrics.collections_done : parts_.metrics.collections_failed).Add();
  }
  if (!done) log_.Warn("station {} could not upload what it keeps: {}", station_id, error);
  Run();
}

void CollectionRunner::OnDetached(const std::string& station_id) {
  planner_.OnDetached(station_id);
  Run();
}

void CollectionRunner::Run() {
  for (const CollectionPlanner::Collection& due : planner_.TakeDue(parts_.clock.SteadyNow())) {
    (ask_(due) ? parts_.metrics.orders_collect : parts_.metrics.orders_dropped).Add();
  }
  parts_.metrics.collections_timed_out.Add(
      static_cast<double>(planner_.timed_out() - std::exchange(timed_out_, planner_.timed_out())));
  parts_.metrics.stations_to_collect.Set(static_cast<double>(planner_.waiting()));
  alarm_.Set(planner_.NextAt());
}

}  // namespace understudy::failover_orchestrator
