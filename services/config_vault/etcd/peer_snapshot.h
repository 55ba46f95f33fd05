#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_PEER_SNAPSHOT_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_PEER_SNAPSHOT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/tls_files.h"
#include "services/config_vault/etcd/replica.h"

namespace grpc {
class ClientContext;
}  // namespace grpc

namespace understudy::config_vault::etcd {

// Takes a snapshot from the first of the other vaults that has one, over the Replication service.
// Each attempt has a time limit; what was received is checked before it counts. Thread-safe.
class PeerSnapshotSource final : public SnapshotSource {
 public:
  // `peers` gives the vaults' addresses, host:port, as they are then; asked at each Fetch.
  PeerSnapshotSource(std::function<std::vector<std::string>()> peers,
                     std::optional<rpc::TlsFiles> tls);

  absl::StatusOr<ReplicaPosition> Fetch(const ReplicaPosition& wanted, SnapshotSink& sink) override;

  // Ends the Fetch that is under way, and all later ones.
  void Cancel();

 private:
  absl::StatusOr<ReplicaPosition> FetchFrom(const std::string& peer, const ReplicaPosition& wanted,
                                            SnapshotSink& sink);

  const std::function<std::vector<std::string>()> peers_;
  const std::optional<rpc::TlsFiles> tls_;
  absl::Mutex mutex_;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_PEER_SNAPSHOT_H_
