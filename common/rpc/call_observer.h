#ifndef UNDERSTUDY_COMMON_RPC_CALL_OBSERVER_H_
#define UNDERSTUDY_COMMON_RPC_CALL_OBSERVER_H_

#include <grpcpp/support/server_interceptor.h>

#include <memory>

#include "common/log/log.h"
#include "common/rpc/call_metrics.h"
#include "common/time/clock.h"

namespace understudy::rpc {

// Makes the interceptor that every call of a server passes: it counts and times the call, gives it
// a request id (see request_id.h) and logs errors that are the service's own fault (INTERNAL,
// UNKNOWN, DATA_LOSS) with it. All arguments must outlive the server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeCallObserver(
    CallMetrics& metrics, const Clock& clock, const log::Logger& log);

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_CALL_OBSERVER_H_
