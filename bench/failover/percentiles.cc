#include "bench/failover/percentiles.h"

#include <algorithm>
#include <cstddef>

namespace understudy::bench {

Percentiles PercentilesOf(std::vector<absl::Duration> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](size_t percent) { return values[(values.size() * percent + 99) / 100 - 1]; };
  return {.p50 = at(50), .p90 = at(90), .p99 = at(99), .max = values.back()};
}

}  // namespace understudy::bench
