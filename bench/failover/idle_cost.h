#ifndef UNDERSTUDY_BENCH_FAILOVER_IDLE_COST_H_
#define UNDERSTUDY_BENCH_FAILOVER_IDLE_COST_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "cli/local_fleet/process.h"

namespace understudy::bench {

struct IdleCost {
  // Of one core, user and system time together.
  double mean_cpu_percent = 0;
  double worst_cpu_percent = 0;
  uint64_t worst_resident_bytes = 0;
};

// Watches processes for a while, by /proc: CPU time is counted by the kernel, not sampled.
IdleCost MeasureIdle(const std::vector<cli::ProcessId>& processes, absl::Duration duration);

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_FAILOVER_IDLE_COST_H_
