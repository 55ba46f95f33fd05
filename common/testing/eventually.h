#ifndef UNDERSTUDY_COMMON_TESTING_EVENTUALLY_H_
#define UNDERSTUDY_COMMON_TESTING_EVENTUALLY_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace understudy::testing {

// Longer than anything takes on the slowest machine; only a test that fails waits for it.
inline constexpr absl::Duration kPatience = absl::Minutes(1);

// Looks every millisecond until `predicate` is true; false when it is not within kPatience. For
// real threads and processes that cannot say when they are done: where something can be waited
// for, or time can be simulated, do that instead.
template <typename Predicate>
bool Eventually(Predicate predicate) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!predicate()) {
    if (absl::Now() > deadline) return predicate();
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

}  // namespace understudy::testing

#endif  // UNDERSTUDY_COMMON_TESTING_EVENTUALLY_H_
