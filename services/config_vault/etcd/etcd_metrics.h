#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_METRICS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_METRICS_H_

#include "common/metrics/metrics.h"

namespace understudy::config_vault::etcd {

// What a vault on etcd counts beyond any other vault's metrics. Thread-safe.
struct EtcdMetrics {
  explicit EtcdMetrics(metrics::Registry& registry)
      : connected(registry.AddGauge("understudy_config_vault_etcd_connected",
                                    "1 while the watch has a connection to etcd.")),
        following(registry.AddGauge(
            "understudy_config_vault_following",
            "1 while the replica follows etcd's changes one by one, 0 while it may not or fills.")),
        writable(registry.AddGauge("understudy_config_vault_etcd_writable",
                                   "0 while writes are refused because etcd does not answer.")),
        data_age_seconds(
            registry.AddGauge("understudy_config_vault_data_age_seconds",
                              "How long ago the replica was last certain to have everything.")),
        reads_by_lease(registry.AddCounter("understudy_config_vault_linearizable_reads_total",
                                           "Linearizable reads, by what made them so.",
                                           {{"by", "lease"}})),
        reads_by_etcd(registry.AddCounter("understudy_config_vault_linearizable_reads_total",
                                          "Linearizable reads, by what made them so.",
                                          {{"by", "etcd"}})),
        fills(registry.AddCounter("understudy_config_vault_fills_total",
                                  "Times the replica was filled anew from a snapshot.")),
        members(registry.AddGauge("understudy_config_vault_etcd_members_answering",
                                  "Members of etcd that answered last.")),
        file_bytes(registry.AddGauge("understudy_config_vault_etcd_file_bytes",
                                     "The largest of the members' files.")),
        used_bytes(registry.AddGauge("understudy_config_vault_etcd_used_bytes",
                                     "What of the largest file is used.")),
        quota_alarms(registry.AddGauge("understudy_config_vault_etcd_quota_alarms",
                                       "Members whose quota is used up: writes are refused.")),
        corrupt_alarms(registry.AddGauge("understudy_config_vault_etcd_corrupt_alarms",
                                         "Members that found their data to differ.")),
        compactions(registry.AddCounter("understudy_config_vault_etcd_compactions_total",
                                        "Times this vault had etcd forget history.")),
        defragmentations(registry.AddCounter("understudy_config_vault_etcd_defragmentations_total",
                                             "Members' files that this vault had defragmented.")) {}

  metrics::Gauge connected;
  metrics::Gauge following;
  metrics::Gauge writable;
  metrics::Gauge data_age_seconds;
  metrics::Counter reads_by_lease;
  metrics::Counter reads_by_etcd;
  metrics::Counter fills;
  metrics::Gauge members;
  metrics::Gauge file_bytes;
  metrics::Gauge used_bytes;
  metrics::Gauge quota_alarms;
  metrics::Gauge corrupt_alarms;
  metrics::Counter compactions;
  metrics::Counter defragmentations;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_METRICS_H_
