#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_METRICS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_METRICS_H_

#include <vector>

#include "common/metrics/metrics.h"
#include "services/config_vault/control_packet.h"

namespace understudy::config_vault {

// What a control node counts of its part in finding the root. Thread-safe.
class ControlMetrics {
 public:
  // Makes every series at once, so that rates begin at 0.
  explicit ControlMetrics(metrics::Registry& registry);

  void CountBeat(ControlResult result) const { beats_[static_cast<size_t>(result)].Add(); }

  metrics::Gauge is_root;
  metrics::Gauge peers;
  metrics::Gauge peers_heard;
  metrics::Counter beats_sent;
  metrics::Counter claims;
  metrics::Counter reigns;
  metrics::Counter false_alarms;
  metrics::Histogram take_over;

 private:
  std::vector<metrics::Counter> beats_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONTROL_METRICS_H_
