#ifndef UNDERSTUDY_COMMON_RPC_BACKOFF_H_
#define UNDERSTUDY_COMMON_RPC_BACKOFF_H_

#include "absl/time/time.h"
#include "common/random/random.h"

namespace understudy::rpc {

// How long to wait before each further attempt: the n-th base is initial * factor^n, at most
// `maximum`; the wait is drawn from base * [1 - jitter, 1], so that many clients do not come back
// at once. Pure.
struct BackoffPolicy {
  absl::Duration initial = absl::Milliseconds(100);
  absl::Duration maximum = absl::Seconds(2);
  double factor = 2.0;
  // 0 to 1.
  double jitter = 0.5;
};

class Backoff {
 public:
  explicit Backoff(const BackoffPolicy& policy) : policy_(policy), base_(policy.initial) {}

  // The wait before the next attempt.
  absl::Duration Next(Random& random);
  // After a success: the next wait is the initial one again.
  void Reset() { base_ = policy_.initial; }

 private:
  BackoffPolicy policy_;
  absl::Duration base_;
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_BACKOFF_H_
