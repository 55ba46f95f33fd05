#include "services/failover_orchestrator/assignment_solver.h"

#include <algorithm>
#include <limits>

namespace understudy::failover_orchestrator {
namespace {

constexpr int64_t kInfinite = std::numeric_limits<int64_t>::max() / 4;

// Columns past the matrix's own are the rows' private "unmatched" columns, so that every row can be
// matched. Being unmatched costs more than all that real columns can cost together.
class Solver {
 public:
  explicit Solver(const CostMatrix& matrix)
      : matrix_(matrix),
        rows_(matrix.rows),
        columns_(matrix.columns + matrix.rows),
        row_potential_(rows_, 0),
        column_potential_(columns_, 0),
        owner_(columns_, kUnmatched),
        column_of_(rows_, kUnmatched) {
    int64_t highest = 0;
    for (const int64_t cost : matrix.costs) highest = std::max(highest, cost);
    unmatched_cost_ = (highest + 1) * static_cast<int64_t>(rows_ + 1);
  }

  std::vector<size_t> Solve() {
    for (size_t row = 0; row < rows_; ++row) Augment(row);
    for (size_t row = 0; row < rows_; ++row) PreferEarlierColumn(row);
    std::vector<size_t> result = column_of_;
    for (size_t& column : result) {
      if (column >= matrix_.columns) column = kUnmatched;
    }
    return result;
  }

 private:
  // "Owner" of the columns that nobody has.
  static constexpr size_t kPool = kUnmatched;

  struct Loss {
    bool reached = false;
    size_t column = 0;
    size_t to = 0;
  };

  int64_t Cost(size_t row, size_t column) const {
    if (column >= matrix_.columns) {
      return column - matrix_.columns == row ? unmatched_cost_ : kInfinite;
    }
    const int64_t cost = matrix_.at(row, column);
    return cost == CostMatrix::kForbidden ? kInfinite : cost;
  }

  // Matches `start` along the cheapest augmenting path.
  void Augment(size_t start) {
    std::vector<int64_t> distance(columns_, kInfinite);
    std::vector<size_t> previous(columns_, kUnmatched);
    std::vector<bool> done(columns_, false);
    size_t row = start;
    size_t column = kUnmatched;
    int64_t reached = 0;
    while (true) {
      Relax(row, column, reached, done, distance, previous);
      column = Nearest(done, distance);
      reached = distance[column];
      done[column] = true;
      if (owner_[column] == kUnmatched) break;
      row = owner_[column];
    }
    row_potential_[start] += reached;
    for (size_t other = 0; other < columns_; ++other) {
      if (!done[other] || other == column) continue;
      row_potential_[owner_[other]] += reached - distance[other];
      column_potential_[other] -= reached - distance[other];
    }
    Flip(start, column, previous);
  }

  void Relax(size_t row, size_t through, int64_t reached, const std::vector<bool>& done,
             std::vector<int64_t>& distance, std::vector<size_t>& previous) const {
    for (size_t column = 0; column < columns_; ++column) {
      if (done[column]) continue;
      const int64_t cost = Cost(row, column);
      if (cost >= kInfinite) continue;
      const int64_t length = reached + cost - row_potential_[row] - column_potential_[column];
      if (length >= distance[column]) continue;
      distance[column] = length;
      previous[column] = through;
    }
  }

  size_t Nearest(const std::vector<bool>& done, const std::vector<int64_t>& distance) const {
    size_t nearest = kUnmatched;
    for (size_t column = 0; column < columns_; ++column) {
      if (done[column]) continue;
      if (nearest == kUnmatched || distance[column] < distance[nearest]) nearest = column;
    }
    return nearest;
  }

  void Flip(size_t start, size_t column, const std::vector<size_t>& previous) {
    while (column != kUnmatched) {
      const size_t before = previous[column];
      const size_t row = before == kUnmatched ? start : owner_[before];
      owner_[column] = row;
      column_of_[row] = column;
      column = before;
    }
  }

  // A pair may be part of a cheapest matching only if its reduced cost is 0.
  bool Tight(size_t row, size_t column) const {
    const int64_t cost = Cost(row, column);
    return cost < kInfinite && cost == row_potential_[row] + column_potential_[column];
  }
  // A column may be left over in a cheapest matching only if its potential is 0.
  bool CanTake(size_t taker, size_t column) const {
    return taker == kPool ? column_potential_[column] == 0 : Tight(taker, column);
  }

  // Moves `row` to the first column that some cheapest matching gives it while the rows before it
  // keep theirs.
  void PreferEarlierColumn(size_t row) {
    const size_t current = column_of_[row];
    for (size_t column = 0; column < current; ++column) {
      const size_t loser = owner_[column];
      const bool settled = loser != kPool && loser < row;
      if (settled || !Tight(row, column)) continue;
      if (Exchange(row, column, current)) return;
    }
  }

  // Gives `column` to `row`; whoever loses it takes another one, and so on until `current`, which
  // `row` gives up, has found a taker. False (and no change) when that cannot be.
  bool Exchange(size_t row, size_t column, size_t current) {
    // Who is reached, by index (the pool is the last): the column it lost, and to whom.
    std::vector<Loss> losses(rows_ + 1);
    const auto loss_of = [this, &losses](size_t taker) -> Loss& {
      return losses[taker == kPool ? rows_ : taker];
    };
    std::vector<size_t> queue = {owner_[column]};
    loss_of(owner_[column]) = {true, column, row};
    for (size_t next = 0; next < queue.size(); ++next) {
      const size_t taker = queue[next];
      if (CanTake(taker, current)) {
        for (size_t gets = current, at = taker; at != row;) {
          const Loss loss = loss_of(at);
          Give(at, gets);
          gets = loss.column;
          at = loss.to;
        }
        Give(row, column);
        return true;
      }
      for (size_t other = 0; other < columns_; ++other) {
        const size_t loser = owner_[other];
        const bool settled = loser != kPool && loser <= row;
        if (settled || loss_of(loser).reached || !CanTake(taker, other)) continue;
        loss_of(loser) = {true, other, taker};
        queue.push_back(loser);
      }
    }
    return false;
  }

  void Give(size_t taker, size_t column) {
    owner_[column] = taker;
    if (taker != kPool) column_of_[taker] = column;
  }

  const CostMatrix& matrix_;
  const size_t rows_;
  const size_t columns_;
  int64_t unmatched_cost_ = 0;
  std::vector<int64_t> row_potential_;
  std::vector<int64_t> column_potential_;
  std::vector<size_t> owner_;
  std::vector<size_t> column_of_;
};

}  // namespace

std::vector<size_t> SolveAssignment(const CostMatrix& matrix) { return Solver(matrix).Solve(); }

}  // namespace understudy::failover_orchestrator
