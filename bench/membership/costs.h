#ifndef UNDERSTUDY_BENCH_MEMBERSHIP_COSTS_H_
#define UNDERSTUDY_BENCH_MEMBERSHIP_COSTS_H_

#include <cstddef>

#include "absl/time/time.h"

namespace understudy::bench {

// What one beat costs in CPU time, without any socket.
struct BeatCosts {
  // Computing and comparing the MAC.
  absl::Duration mac;
  // All of SharedSessions::AcceptBatch, the MAC included, over as many sessions as there are
  // stations.
  absl::Duration accept;
  // One Tick of the failure detector over all stations, none of which is due.
  absl::Duration tick;
};

BeatCosts MeasureCosts(size_t stations);

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_MEMBERSHIP_COSTS_H_
