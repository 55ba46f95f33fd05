#ifndef UNDERSTUDY_COMMON_METRICS_EXPOSER_H_
#define UNDERSTUDY_COMMON_METRICS_EXPOSER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/metrics/metrics.h"

namespace prometheus {
class Exposer;
}  // namespace prometheus

namespace understudy::metrics {

// Answers GET /metrics over plain HTTP. Stops when destroyed.
class Exposer {
 public:
  // `listen` is host:port; port 0 takes a free one. `registry` must outlive the exposer.
  // UNAVAILABLE when the address cannot be had.
  static absl::StatusOr<std::unique_ptr<Exposer>> Start(const std::string& listen,
                                                        const Registry& registry);
  ~Exposer();

  int port() const { return port_; }

 private:
  Exposer(std::unique_ptr<prometheus::Exposer> exposer, std::string host);

  std::unique_ptr<prometheus::Exposer> exposer_;
  const std::string host_;
  const int port_;
};

}  // namespace understudy::metrics

#endif  // UNDERSTUDY_COMMON_METRICS_EXPOSER_H_
