#include "common/rpc/call_metrics.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"

namespace understudy::rpc {
namespace {

std::string Prefix(std::string_view service) {
  std::string name(service);
  std::replace(name.begin(), name.end(), '-', '_');
  return "understudy_" + name + "_grpc_";
}

}  // namespace

MethodMetrics::MethodMetrics(metrics::Registry& registry, std::string prefix, std::string method)
    : registry_(registry), prefix_(std::move(prefix)), method_(std::move(method)) {
  const metrics::Labels labels = {{"method", method_}};
  seconds = registry.AddHistogram(prefix_ + "request_seconds",
                                  "Time from the arrival of a unary call to its answer.", labels);
  open_streams = registry.AddGauge(prefix_ + "open_streams", "Streaming calls under way.", labels);
}

void MethodMetrics::CountDone(absl::StatusCode code) {
  metrics::Counter counter;
  {
    absl::MutexLock lock(&mutex_);
    const auto [place, is_new] = done_.try_emplace(code);
    if (is_new) {
      place->second =
          registry_.AddCounter(prefix_ + "requests_total", "Calls answered, by method and code.",
                               {{"method", method_}, {"code", StatusCodeName(code)}});
    }
    counter = place->second;
  }
  counter.Add();
}

CallMetrics::CallMetrics(metrics::Registry& registry, std::string_view service)
    : registry_(registry), prefix_(Prefix(service)) {}

MethodMetrics& CallMetrics::ForMethod(std::string_view method) {
  absl::MutexLock lock(&mutex_);
  const auto found = methods_.find(method);
  if (found != methods_.end()) return *found->second;
  // The label is the method as grpcurl takes it: without the leading slash.
  const std::string label(method.starts_with('/') ? method.substr(1) : method);
  auto made = std::make_unique<MethodMetrics>(registry_, prefix_, label);
  return *methods_.emplace(std::string(method), std::move(made)).first->second;
}

}  // namespace understudy::rpc
