#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONFIG_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/config/config_reader.h"
#include "common/rpc/service_config.h"

namespace understudy::config_vault {

// config-vault's configuration file; README.md explains each key.
struct Config {
  rpc::ServiceConfig service;
  // Made when it is not there (its parent must be). One vault at a time may have it open.
  std::string data_directory;
  // Revisions kept of each document; 0 keeps all.
  uint64_t keep_revisions = 0;
  // Of the disk's blocks in memory.
  size_t cache_bytes = 32 << 20;
  // Threads that read the disk and check documents. Two let a large document not hold up others.
  size_t workers = 2;
  // Open document watches at a time.
  size_t max_watchers = 1024;
};

// Problems are noted in `reader`.
Config ReadConfig(config::ConfigReader& reader);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONFIG_H_
