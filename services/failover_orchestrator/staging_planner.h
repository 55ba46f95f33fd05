#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STAGING_PLANNER_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STAGING_PLANNER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/failover_orchestrator/action.h"
#include "services/failover_orchestrator/station_table.h"

namespace understudy::failover_orchestrator {

struct StagingPolicy {
  // How many spares hold each duty's document, best fitting first; 0: all that fit.
  size_t spares_per_duty = 3;
  // Documents on one station. Duties past it are not staged there.
  size_t max_per_station = 1000;
  // Stage orders that a station has not answered; further ones wait.
  size_t max_unanswered = 8;
  // A document that could not be staged, or was not answered for, is tried again after this.
  absl::Duration retry = absl::Seconds(5);
  absl::Duration answer_timeout = absl::Seconds(30);
};

// What staging needs to know of a duty.
struct StagingDuty {
  std::string document;
  CapabilitySet needs;
  DocumentState latest;
};

struct RankedSpare {
  std::string station_id;
  uint64_t left_over = 0;
};

// Keeps the documents of duties on the spares that may inherit them. Background work: it is done in
// slices, so that it never delays a failover. Pure.
class StagingPlanner {
 public:
  explicit StagingPlanner(StagingPolicy policy) : policy_(policy) {}

  // A new duty, or a new revision of its document.
  void SetDuty(const std::string& duty_id, StagingDuty duty);
  void RemoveDuty(const std::string& duty_id);
  // The station has become a spare, or is one no longer.
  void OnSpareChanged(const std::string& station_id, bool is_spare);
  // What was on its way to the station is lost.
  void OnAttached(const std::string& station_id);
  // `copy.sha256` is empty when the station could not stage it. True when it is what was asked for.
  bool OnStaged(StationTable& stations, const std::string& station_id, const std::string& duty_id,
                const StagedCopy& copy, SteadyTime now);
  void OnTick(SteadyTime now);

  bool HasWork() const { return !dirty_duties_.empty() || !dirty_stations_.empty(); }
  // Looks at up to `budget` duties and all changed stations.
  std::vector<Action> Plan(StationTable& stations, size_t budget, SteadyTime now);
  SteadyTime NextDeadline() const;

  // Spares that could take the duty, best first; as many as documents are staged for.
  std::vector<RankedSpare> RankingOf(const std::string& duty_id) const;
  // It holds the latest revision, checked by hash.
  bool IsStaged(const Station& station, const std::string& duty_id) const;
  // Documents that the duty's ranked spares do not hold yet.
  size_t MissingCopies(const StationTable& stations, const std::string& duty_id) const;
  size_t StagedCopies(const StationTable& stations) const;

 private:
  struct Planned {
    StagingDuty duty;
    std::vector<RankedSpare> ranking;
  };
  struct Depot {
    // Duties whose documents it is to hold.
    std::set<std::string> wanted;
    // When to give up waiting for an answer.
    std::map<std::string, SteadyTime> unanswered;
    std::map<std::string, SteadyTime> retry_at;
  };

  void Rank(const std::string& duty_id, Planned& planned, const StationTable& stations);
  void PlanStation(const std::string& station_id, StationTable& stations, SteadyTime now,
                   std::vector<Action>& actions);
  void Unstage(const std::string& station_id, Station& station, Depot& depot,
               std::vector<Action>& actions);
  void Stage(const std::string& station_id, const Station& station, Depot& depot, SteadyTime now,
             std::vector<Action>& actions);

  const StagingPolicy policy_;
  std::map<std::string, Planned> duties_;
  std::map<std::string, Depot> depots_;
  std::set<std::string> dirty_duties_;
  std::set<std::string> dirty_stations_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_STAGING_PLANNER_H_
