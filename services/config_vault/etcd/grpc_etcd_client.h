#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_GRPC_ETCD_CLIENT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_GRPC_ETCD_CLIENT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/tls_files.h"
#include "common/time/clock.h"
#include "services/config_vault/etcd/etcd_client.h"

namespace understudy::config_vault::etcd {

struct EtcdOptions {
  // host:port of the members' client addresses, at least one; the nearest first.
  std::vector<std::string> endpoints = {};
  // Nothing: no TLS.
  std::optional<rpc::TlsFiles> tls = {};
  // One attempt of a read: another endpoint is tried after that.
  absl::Duration attempt_timeout = absl::Seconds(1);
  // A watch on which nothing comes is asked for a sign of life this often, and made anew at another
  // endpoint when so many went unanswered.
  absl::Duration watch_check_interval = absl::Milliseconds(500);
  int watch_missed_checks = 3;
};

// EtcdClient over gRPC. Endpoints are used one at a time: the first until it fails, then the next,
// round and round. A watch asks for a leader, so that a member that is cut off from the others ends
// it instead of staying silent. FAILED_PRECONDITION BAD_TLS_FILES when the files cannot be used.
//
// `clock` must outlive the client. Destroying it waits for the calls that are under way.
absl::StatusOr<std::unique_ptr<EtcdClient>> NewGrpcEtcdClient(const EtcdOptions& options,
                                                              const Clock& clock);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_GRPC_ETCD_CLIENT_H_
