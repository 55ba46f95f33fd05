#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_ASSIGNMENT_SOLVER_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_ASSIGNMENT_SOLVER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace understudy::failover_orchestrator {

// What it costs to give each column (spare) to each row (duty). Row-major.
struct CostMatrix {
  // The pair cannot be.
  static constexpr int64_t kForbidden = -1;
  // Costs must be below it, so that sums over all rows cannot overflow.
  static constexpr int64_t kMaxCost = int64_t{1} << 44;

  size_t rows = 0;
  size_t columns = 0;
  std::vector<int64_t> costs;

  int64_t at(size_t row, size_t column) const { return costs[row * columns + column]; }
};

inline constexpr size_t kUnmatched = static_cast<size_t>(-1);

// Gives each row at most one column and each column at most one row so that, in this order, the
// fewest rows are left unmatched, the total cost is least, and the rows' columns, read from row 0,
// are lexicographically smallest (unmatched counts as last). So equal input gives equal output.
//
// Exact: the Hungarian method (shortest augmenting paths with potentials), then exchanges along
// pairs without reduced cost for the tie-break. O(rows^2 * (rows + columns)) for the first.
std::vector<size_t> SolveAssignment(const CostMatrix& matrix);

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_ASSIGNMENT_SOLVER_H_
