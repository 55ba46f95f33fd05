#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_COLLECTION_PLANNER_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_COLLECTION_PLANNER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/time/steady_time.h"

namespace understudy::failover_orchestrator {

struct CollectionPolicy {
  // A round begins so long after the first change that waits for one.
  absl::Duration interval = absl::Minutes(5);
  // In a round each station has its turn somewhere within this; at most `interval`.
  absl::Duration jitter = absl::Seconds(30);
  // Stations that upload at once; the others wait for one of them to end.
  size_t max_under_way = 8;
  // A station that has not answered by then gives its place up, and waits for the next round.
  absl::Duration answer_timeout = absl::Seconds(30);
};

// When the root collects what stations with SCHEDULED sync have changed: in rounds, each station at
// a place of its own drawn at random, few at once. One entry for each station that said it has
// something; a station that detaches says so again when it is back. Pure.
class CollectionPlanner {
 public:
  // `random` must outlive the planner.
  CollectionPlanner(const CollectionPolicy& policy, Random& random)
      : policy_(policy), random_(random) {}

  // The station keeps a change of this duty's document. Said again it changes nothing, unless the
  // station is being collected: then it waits for the next round, too.
  void OnChanged(const std::string& station_id, const std::string& duty_id, SteadyTime now);
  // The station has answered; `done`: what it kept is in the vault. Else it waits for the next
  // round. False when it was not asked, or answered too late.
  bool OnAnswered(const std::string& station_id, bool done, SteadyTime now);
  void OnDetached(const std::string& station_id);

  struct Collection {
    std::string station_id;
    std::string duty_id;

    bool operator==(const Collection&) const = default;
  };
  // Stations to be asked now. To be called when `NextAt` has come, and after an answer.
  std::vector<Collection> TakeDue(SteadyTime now);
  // Infinite when only an event can make something due.
  SteadyTime NextAt() const;

  // Stations that keep a change, also those being collected.
  size_t waiting() const { return entries_.size(); }
  size_t under_way() const { return deadlines_.size(); }
  // How many have not answered in time, ever.
  uint64_t timed_out() const { return timed_out_; }

 private:
  struct Entry {
    enum class State { kWaiting, kQueued, kUnderWay };
    State state = State::kWaiting;
    std::string duty_id;
    // When its turn is (kQueued), or its answer is due (kUnderWay).
    SteadyTime at;
    bool changed_again = false;
  };
  using Times = std::set<std::pair<SteadyTime, std::string>>;

  void Wait(Entry& entry, SteadyTime now);
  void BeginRound(SteadyTime now);
  void Expire(SteadyTime now);

  const CollectionPolicy policy_;
  Random& random_;
  std::map<std::string, Entry> entries_;
  // Nothing waits for a round that is not planned.
  std::optional<SteadyTime> round_at_;
  Times queue_;
  Times deadlines_;
  uint64_t timed_out_ = 0;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_COLLECTION_PLANNER_H_
