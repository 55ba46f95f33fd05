#include "services/failover_orchestrator/assignment_solver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "common/random/random.h"

namespace understudy::failover_orchestrator {
namespace {

constexpr int64_t kNo = CostMatrix::kForbidden;
using Columns = std::vector<size_t>;

TEST(AssignmentSolverTest, GivesARowItsCheapestColumn) {
  EXPECT_EQ(SolveAssignment({1, 3, {5, 2, 9}}), Columns({1}));
}

TEST(AssignmentSolverTest, TakesTheFirstColumnOnATie) {
  EXPECT_EQ(SolveAssignment({1, 3, {kNo, 2, 2}}), Columns({1}));
}

TEST(AssignmentSolverTest, LeavesARowWithoutAnyColumnUnmatched) {
  EXPECT_EQ(SolveAssignment({1, 2, {kNo, kNo}}), Columns({kUnmatched}));
  EXPECT_EQ(SolveAssignment({1, 0, {}}), Columns({kUnmatched}));
  EXPECT_EQ(SolveAssignment({0, 3, {}}), Columns());
}

TEST(AssignmentSolverTest, MatchesMoreRowsRatherThanCheaperOnes) {
  EXPECT_EQ(SolveAssignment({2, 2, {1, 1000000, 1, kNo}}), Columns({1, 0}));
}

TEST(AssignmentSolverTest, ServesTheFirstRowWhenOneOfTwoMustGoWithout) {
  EXPECT_EQ(SolveAssignment({2, 1, {7, 7}}), Columns({0, kUnmatched}));
}

struct Outcome {
  size_t unmatched = 0;
  int64_t cost = 0;
  Columns columns;

  auto Key() const { return std::tie(unmatched, cost, columns); }
};

// Tries everything.
void Explore(const CostMatrix& matrix, Outcome so_far, std::vector<bool> taken, Outcome& best) {
  const size_t row = so_far.columns.size();
  if (row == matrix.rows) {
    if (best.columns.size() != matrix.rows || so_far.Key() < best.Key()) best = so_far;
    return;
  }
  for (size_t column = 0; column < matrix.columns; ++column) {
    if (taken[column] || matrix.at(row, column) == kNo) continue;
    Outcome next = so_far;
    next.columns.push_back(column);
    next.cost += matrix.at(row, column);
    taken[column] = true;
    Explore(matrix, next, taken, best);
    taken[column] = false;
  }
  ++so_far.unmatched;
  so_far.columns.push_back(kUnmatched);
  Explore(matrix, so_far, taken, best);
}

TEST(AssignmentSolverTest, AgreesWithTryingEverything) {
  Random random(20260101);
  for (int round = 0; round < 3000; ++round) {
    CostMatrix matrix;
    matrix.rows = 1 + random.Below(5);
    matrix.columns = random.Below(6);
    // Few different costs, so that ties are many.
    for (size_t i = 0; i < matrix.rows * matrix.columns; ++i) {
      matrix.costs.push_back(random.Chance(0.3) ? kNo : static_cast<int64_t>(random.Below(4)));
    }
    Outcome best;
    if (matrix.rows == 0) continue;
    Explore(matrix, {}, std::vector<bool>(matrix.columns, false), best);
    ASSERT_EQ(SolveAssignment(matrix), best.columns) << "round " << round;
  }
}

}  // namespace
}  // namespace understudy::failover_orchestrator
