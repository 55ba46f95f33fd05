#ifndef UNDERSTUDY_BENCH_CHECKPOINT_STORE_SERVER_COST_H_
#define UNDERSTUDY_BENCH_CHECKPOINT_STORE_SERVER_COST_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace understudy::bench {

struct ServerCost {
  absl::Duration cpu;
  // Resident, private to the processes: what several share is not counted more than once or at all.
  uint64_t private_bytes = 0;
};

// What processes have used so far, from /proc; those that are gone count nothing.
ServerCost CostOf(const std::vector<int>& pids);

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_CHECKPOINT_STORE_SERVER_COST_H_
