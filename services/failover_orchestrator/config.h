#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_CONFIG_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_CONFIG_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "common/config/config_reader.h"
#include "common/rpc/service_config.h"
#include "services/failover_orchestrator/collection_planner.h"
#include "services/failover_orchestrator/failover_core.h"

namespace understudy::failover_orchestrator {

// What README.md says about each key.
struct Config {
  rpc::ServiceConfig service;
  // host:port of the siblings on this control node.
  std::string vault;
  std::string membership;
  absl::Duration vault_timeout;
  absl::Duration drill_timeout;
  FailoverPolicy policy;
  CollectionPolicy collection;
  size_t max_stations = 0;
  size_t order_queue = 0;
  size_t max_watchers = 0;
};

// Problems are noted in `reader`.
Config ReadConfig(config::ConfigReader& reader);

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_CONFIG_H_
