#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CONFIG_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/config/config_reader.h"
#include "common/rpc/service_config.h"
#include "services/config_vault/control_config.h"

namespace understudy::config_vault {

// What puts the writes in order.
enum class EngineKind { kEmbedded, kEtcd };

// The section `etcd`.
struct EtcdConfig {
  // host:port of the members' client addresses; the nearest first.
  std::vector<std::string> endpoints = {};
  // Sites may share an etcd under different names.
  std::string site = "local";
  // host:port of the other control nodes' vaults, from which a replica takes a snapshot.
  std::vector<std::string> peers = {};
  // Nothing: without TLS.
  std::optional<rpc::TlsFiles> tls = {};
  size_t max_transaction_writes = 120;
  size_t max_transaction_bytes = 1 << 20;
  absl::Duration write_patience = absl::Seconds(5);
  // A write is acknowledged only when another control node's replica has it, too.
  bool replicated = false;
  int64_t kept_revisions = 10'000;
  absl::Duration upkeep_interval = absl::Seconds(30);
};

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
  EngineKind engine = EngineKind::kEmbedded;
  // Of the engine etcd alone.
  EtcdConfig etcd = {};
  // This vault among the control nodes of its site.
  ControlConfig control;
};

// Problems are noted in `reader`.
Config ReadConfig(config::ConfigReader& reader);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CONFIG_H_
