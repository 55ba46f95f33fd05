#ifndef UNDERSTUDY_COMMON_RPC_SERVICE_CONFIG_H_
#define UNDERSTUDY_COMMON_RPC_SERVICE_CONFIG_H_

#include <optional>
#include <string>

#include "common/config/config_reader.h"
#include "common/log/log_config.h"
#include "common/rpc/tls_files.h"

namespace understudy::rpc {

// What every service's configuration file has in common:
//
//   listen: 127.0.0.1:7102          # gRPC; port 0 takes a free one
//   health_listen: 127.0.0.1:8102   # the health service without TLS; optional
//   metrics_listen: 127.0.0.1:9102  # Prometheus, plain HTTP; optional
//   insecure: true                  # no TLS; only with loopback addresses
//   tls: {certificate: FILE, private_key: FILE, authorities: FILE}   # unless insecure
//   reflection: false
//   log: {level: info, format: text}
//   ports_file: FILE                # where the ports taken are written as JSON; optional
struct ServiceConfig {
  std::string listen;
  std::optional<std::string> health_listen;
  std::optional<std::string> metrics_listen;
  // Nothing: insecure.
  std::optional<TlsFiles> tls;
  bool reflection = false;
  log::LogConfig log;
  std::optional<std::string> ports_file;
};

// Reads a section with the three files of TLS, each of which must be readable.
TlsFiles ReadTlsFiles(config::ConfigReader section);

// Reads those keys; problems are noted in `reader`. `default_listen` e.g. "127.0.0.1:7102".
ServiceConfig ReadServiceConfig(config::ConfigReader& reader, const std::string& default_listen);

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_SERVICE_CONFIG_H_
