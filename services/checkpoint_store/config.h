#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CONFIG_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/config/config_reader.h"
#include "common/rpc/service_config.h"
#include "services/checkpoint_store/checkpoint_policy.h"
#include "services/checkpoint_store/guess_guard.h"
#include "services/checkpoint_store/http/http_server.h"
#include "services/checkpoint_store/overdue_tracker.h"

namespace understudy::checkpoint_store {

// checkpoint-store's configuration file; README.md explains each key.
struct Config {
  rpc::ServiceConfig service;
  // `tls` is that of `service`, `max_body_bytes` that of `policy`.
  HttpServerOptions http;
  // Made when it is not there (its parent must be). One store at a time may have it open.
  std::string data_directory;
  // Of the key at rest; nothing: not encrypted.
  std::optional<std::string> key_file;
  size_t cache_bytes = 32 << 20;
  size_t write_buffer_bytes = 32 << 20;
  CheckpointPolicy policy;
  GuessPolicy guard;
  OverduePolicy overdue;
  // Who may enrol and administer.
  std::vector<std::string> operator_names;
  std::optional<std::string> tokens_file;
  size_t max_watchers = 256;
};

// Problems are noted in `reader`.
Config ReadConfig(config::ConfigReader& reader);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CONFIG_H_
