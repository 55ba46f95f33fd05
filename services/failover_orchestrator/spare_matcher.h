#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_SPARE_MATCHER_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_SPARE_MATCHER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/capability/capability_set.h"

namespace understudy::failover_orchestrator {

// A duty that needs a station.
struct DutyNeed {
  std::string duty_id;
  CapabilitySet needs;
  // Stations that it must not go to.
  std::set<std::string> excluded;
};

// A station that is free to take one duty.
struct SpareOffer {
  std::string station_id;
  CapabilitySet capabilities;
  // Duties whose latest document it already holds, checked by hash.
  std::set<std::string> staged;
};

// More duties than this are matched in turns of this many, those with the fewest fitting spares
// first; the result is then exact within a turn only.
inline constexpr size_t kMaxDutiesMatchedTogether = 256;

// Which spare takes which duty; a duty without a spare is absent. `needs` and `spares` are matched
// together, so that in this order
//   1. the fewest duties go without (the one versatile spare is kept for who needs it),
//   2. the least is left over, summed over all pairs,
//   3. the most documents are staged already,
//   4. the duty that comes first by id gets the spare that comes first by id.
// The order of the arguments does not matter.
std::map<std::string, std::string> MatchSpares(std::vector<DutyNeed> needs,
                                               std::vector<SpareOffer> spares);

// What a person wants to know about a duty that no spare fits.
struct NearestSpare {
  std::string station_id;
  CapabilitySet missing;
};

// The spare that lacks the least, summed over names; the first by id on a tie. Nothing when there
// are no spares.
std::optional<NearestSpare> FindNearestSpare(const CapabilitySet& needs,
                                             const std::vector<SpareOffer>& spares);

// Sum of all counts.
uint64_t TotalCount(const CapabilitySet& set);

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_SPARE_MATCHER_H_
