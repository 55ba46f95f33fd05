#ifndef UNDERSTUDY_TESTS_LINEARIZABILITY_CHECKER_H_
#define UNDERSTUDY_TESTS_LINEARIZABILITY_CHECKER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/linearizability/history.h"

namespace understudy::linearizability {

struct Verdict {
  enum class Kind {
    kLinearizable,
    kNotLinearizable,
    // More than `max_steps` were needed: nothing is known.
    kUndecided,
  };
  Kind kind = Kind::kLinearizable;
  // Of a document that is not linearizable: its name, the longest order that made sense, and the
  // operations of which none can come next. Empty otherwise.
  std::string explanation;
  uint64_t steps = 0;
};

struct CheckerOptions {
  // Attempts to put an operation next, over all documents.
  uint64_t max_steps = 50'000'000;
};

// Whether the operations of each document can be put in one order that respects what happened
// before what (an operation that was answered before another was called comes before it) and in
// which each answer is the one that the document's model gives. Documents are independent of each
// other: a history is linearizable exactly when that of each object is (Herlihy and Wing,
// "Linearizability: A Correctness Condition for Concurrent Objects", TOPLAS 12(3), 1990, theorem
// 1).
//
// The search is Wing and Gong's ("Testing and Verifying Concurrent Objects", JPDC 17, 1993) with
// Lowe's memory of configurations that were tried ("Testing for Linearizability", Concurrency and
// Computation 29(4), 2017): calls and answers in a list by time; an operation whose call stands
// before the first answer may come next; it is taken out with its answer, and put back when that
// led nowhere; the same set of operations with the same state is never tried twice. Operations of
// unknown outcome have no answer in the list: they may come at any time after their call, or be
// left over at the end.
//
// Pure. Worst case exponential in the number of operations that overlap.
Verdict Check(const Histories& histories, const CheckerOptions& options = {});

}  // namespace understudy::linearizability

#endif  // UNDERSTUDY_TESTS_LINEARIZABILITY_CHECKER_H_
