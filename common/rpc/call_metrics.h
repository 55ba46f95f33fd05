#ifndef UNDERSTUDY_COMMON_RPC_CALL_METRICS_H_
#define UNDERSTUDY_COMMON_RPC_CALL_METRICS_H_

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics/metrics.h"

namespace understudy::rpc {

// The metrics of one method: calls by code, the time of unary calls, the number of open streams.
class MethodMetrics {
 public:
  MethodMetrics(metrics::Registry& registry, std::string prefix, std::string method);

  void CountDone(absl::StatusCode code);

  metrics::Histogram seconds;
  metrics::Gauge open_streams;

 private:
  metrics::Registry& registry_;
  const std::string prefix_;
  const std::string method_;
  absl::Mutex mutex_;
  std::map<absl::StatusCode, metrics::Counter> done_ ABSL_GUARDED_BY(mutex_);
};

// Those of all methods of a server: understudy_<service>_grpc_requests_total{method,code},
// understudy_<service>_grpc_request_seconds{method} and
// understudy_<service>_grpc_open_streams{method}. Methods are those that the server has: a bounded
// set. Thread-safe.
class CallMetrics {
 public:
  // `service` as in "config-vault". `registry` must outlive it.
  CallMetrics(metrics::Registry& registry, std::string_view service);

  // `method` as in "/understudy.membership.v1.Membership/Join". Valid as long as this.
  MethodMetrics& ForMethod(std::string_view method);

 private:
  metrics::Registry& registry_;
  std::string prefix_;
  absl::Mutex mutex_;
  std::map<std::string, std::unique_ptr<MethodMetrics>, std::less<>> methods_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_CALL_METRICS_H_
