#include "services/config_vault/control_metrics.h"

#include <string>

namespace understudy::config_vault {

ControlMetrics::ControlMetrics(metrics::Registry& registry)
    : is_root(registry.AddGauge("understudy_config_vault_is_root",
                                "1 while this control node acts as root, else 0.")),
      peers(registry.AddGauge("understudy_config_vault_control_peers",
                              "Other control nodes that are admitted to the site.")),
      peers_heard(registry.AddGauge("understudy_config_vault_control_peers_heard",
                                    "Of these, the ones that were heard in the last second.")),
      beats_sent(registry.AddCounter("understudy_config_vault_control_beats_sent_total",
                                     "Beats sent to other control nodes.")),
      claims(registry.AddCounter("understudy_config_vault_root_claims_total",
                                 "Claims and hand-overs of the root's place that were tried.")),
      reigns(registry.AddCounter("understudy_config_vault_root_reigns_total",
                                 "How often this control node became root.")),
      false_alarms(registry.AddCounter("understudy_config_vault_root_false_alarms_total",
                                       "Roots that were deposed although they lived.")),
      take_over(registry.AddHistogram("understudy_config_vault_root_take_over_seconds",
                                      "From the root's silence noticed to acting as root.")) {
  for (size_t result = 0; result < kControlResults; ++result) {
    const std::string name(ControlResultName(static_cast<ControlResult>(result)));
    beats_.push_back(registry.AddCounter("understudy_config_vault_control_beats_total",
                                         "Beats of other control nodes that arrived, by result.",
                                         {{"result", name}}));
  }
}

}  // namespace understudy::config_vault
