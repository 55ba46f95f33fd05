#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SITE_KEYS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SITE_KEYS_H_

#include <string>
#include <string_view>

#include "services/config_vault/etcd/etcd_client.h"

namespace understudy::config_vault::etcd {

// The keys that a site has in etcd; doc/etcd_engine.md says what each holds. All begin with
// "understudy/<site>/".
class SiteKeys {
 public:
  explicit SiteKeys(std::string_view site) : prefix_("understudy/" + std::string(site) + "/") {}

  const std::string& prefix() const { return prefix_; }
  KeyRange All() const { return KeyRange::Prefix(prefix_); }

  // Who is root, what is added to its revision to make the epoch, and the latest batch.
  std::string Root() const { return prefix_ + "root"; }
  std::string EpochBase() const { return prefix_ + "epoch_base"; }
  std::string Batch() const { return prefix_ + "batch"; }
  // Of an etcd that was built from a replica: that replica's position.
  std::string Seed() const { return prefix_ + "seed"; }

  // There while a restore is writing what is current: it is not whole.
  std::string Restoring() const { return prefix_ + "restoring"; }

  // What is current, one key each.
  std::string Document(std::string_view name) const { return Named("d/", name); }
  std::string Station(std::string_view id) const { return Named("s/", id); }
  std::string Duty(std::string_view id) const { return Named("u/", id); }
  std::string Failover(std::string_view id) const { return Named("f/", id); }

 private:
  std::string Named(std::string_view table, std::string_view name) const {
    return prefix_ + std::string(table) + std::string(name);
  }

  std::string prefix_;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_SITE_KEYS_H_
