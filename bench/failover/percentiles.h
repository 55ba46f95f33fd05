#ifndef UNDERSTUDY_BENCH_FAILOVER_PERCENTILES_H_
#define UNDERSTUDY_BENCH_FAILOVER_PERCENTILES_H_

#include <vector>

#include "absl/time/time.h"

namespace understudy::bench {

struct Percentiles {
  absl::Duration p50;
  absl::Duration p90;
  absl::Duration p99;
  absl::Duration max;
};

// Nearest rank: the smallest value that at least so many per cent do not exceed. Of at least one
// value.
Percentiles PercentilesOf(std::vector<absl::Duration> values);

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_FAILOVER_PERCENTILES_H_
