#ifndef UNDERSTUDY_COMMON_RPC_DEADLINE_H_
#define UNDERSTUDY_COMMON_RPC_DEADLINE_H_

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>

#include <algorithm>

#include "absl/time/time.h"

namespace understudy::rpc {

// A duration as gRPC takes it for a deadline: counted from now, by the monotonic clock, so that a
// step of the wall clock neither ends nor prolongs a call. Longer than a year is a year.
inline gpr_timespec FromNow(absl::Duration timeout) {
  const absl::Duration bounded = std::clamp(timeout, absl::ZeroDuration(), absl::Hours(24 * 365));
  return gpr_time_from_nanos(absl::ToInt64Nanoseconds(bounded), GPR_TIMESPAN);
}

inline void SetTimeout(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(FromNow(timeout));
}

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_DEADLINE_H_
