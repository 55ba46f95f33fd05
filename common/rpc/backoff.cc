#include "common/rpc/backoff.h"

#include <algorithm>

namespace understudy::rpc {

absl::Duration Backoff::Next(Random& random) {
  const absl::Duration wait = random.Between(base_ * (1.0 - policy_.jitter), base_);
  base_ = std::min(base_ * policy_.factor, policy_.maximum);
  return wait;
}

}  // namespace understudy::rpc
