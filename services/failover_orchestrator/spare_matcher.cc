#include "services/failover_orchestrator/spare_matcher.h"

#include <algorithm>
#include <utility>

#include "services/failover_orchestrator/assignment_solver.h"

namespace understudy::failover_orchestrator {
namespace {

bool Fits(const DutyNeed& need, const SpareOffer& spare) {
  return !need.excluded.contains(spare.station_id) && spare.capabilities.Covers(need.needs);
}

// What is left over rules; being staged breaks ties only, also in the sum over all duties.
int64_t CostOf(const DutyNeed& need, const SpareOffer& spare, size_t duties) {
  if (!Fits(need, spare)) return CostMatrix::kForbidden;
  const auto left_over = static_cast<int64_t>(spare.capabilities.LeftOver(need.needs));
  const int64_t unstaged = spare.staged.contains(need.duty_id) ? 0 : 1;
  return left_over * static_cast<int64_t>(duties + 1) + unstaged;
}

// Matches needs[begin, end) with the spares, and removes the spares taken.
void MatchTurn(const std::vector<DutyNeed>& needs, size_t begin, size_t end,
               std::vector<SpareOffer>& spares, std::map<std::string, std::string>& result) {
  CostMatrix matrix{end - begin, spares.size(), {}};
  matrix.costs.reserve(matrix.rows * matrix.columns);
  for (size_t i = begin; i < end; ++i) {
    for (const SpareOffer& spare : spares) {
      matrix.costs.push_back(CostOf(needs[i], spare, matrix.rows));
    }
  }
  const std::vector<size_t> columns = SolveAssignment(matrix);
  std::set<std::string> taken;
  for (size_t row = 0; row < columns.size(); ++row) {
    if (columns[row] == kUnmatched) continue;
    const std::string& station = spares[columns[row]].station_id;
    result.emplace(needs[begin + row].duty_id, station);
    taken.insert(station);
  }
  std::erase_if(spares, [&](const SpareOffer& spare) { return taken.contains(spare.station_id); });
}

// Those that are hardest to serve come first.
void SortByChoice(std::vector<DutyNeed>& needs, const std::vector<SpareOffer>& spares) {
  std::map<std::string, int64_t> choices;
  for (const DutyNeed& need : needs) {
    choices[need.duty_id] = std::count_if(
        spares.begin(), spares.end(), [&](const SpareOffer& spare) { return Fits(need, spare); });
  }
  std::stable_sort(needs.begin(), needs.end(), [&](const DutyNeed& a, const DutyNeed& b) {
    return choices[a.duty_id] < choices[b.duty_id];
  });
}

}  // namespace

std::map<std::string, std::string> MatchSpares(std::vector<DutyNeed> needs,
                                               std::vector<SpareOffer> spares) {
  std::map<std::string, std::string> result;
  if (needs.empty() || spares.empty()) return result;
  std::sort(needs.begin(), needs.end(),
            [](const DutyNeed& a, const DutyNeed& b) { return a.duty_id < b.duty_id; });
  std::sort(spares.begin(), spares.end(),
            [](const SpareOffer& a, const SpareOffer& b) { return a.station_id < b.station_id; });
  if (needs.size() > kMaxDutiesMatchedTogether) SortByChoice(needs, spares);
  for (size_t begin = 0; begin < needs.size(); begin += kMaxDutiesMatchedTogether) {
    const size_t end = std::min(needs.size(), begin + kMaxDutiesMatchedTogether);
    MatchTurn(needs, begin, end, spares, result);
  }
  return result;
}

uint64_t TotalCount(const CapabilitySet& set) {
  uint64_t total = 0;
  for (const auto& [name, count] : set.counts()) total += count;
  return total;
}

std::optional<NearestSpare> FindNearestSpare(const CapabilitySet& needs,
                                             const std::vector<SpareOffer>& spares) {
  const SpareOffer* nearest = nullptr;
  auto key = [&](const SpareOffer& spare) {
    return std::make_pair(TotalCount(spare.capabilities.Missing(needs)), spare.station_id);
  };
  for (const SpareOffer& spare : spares) {
    if (nearest == nullptr || key(spare) < key(*nearest)) nearest = &spare;
  }
  if (nearest == nullptr) return std::nullopt;
  return NearestSpare{nearest->station_id, nearest->capabilities.Missing(needs)};
}

}  // namespace understudy::failover_orchestrator
