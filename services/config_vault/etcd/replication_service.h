#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICATION_SERVICE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICATION_SERVICE_H_

#include <atomic>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/executor/serial_executor.h"
#include "common/rpc/stream_group.h"
#include "common/time/clock.h"
#include "services/config_vault/restore/restorer.h"
#include "services/config_vault/vault_store.h"
#include "understudy/config_vault/v1/replication.grpc.pb.h"

namespace understudy::config_vault {

// The Replication service over gRPC. Snapshots are read by a thread of their own, one at a time, as
// fast as the stream takes them.
class ReplicationService final : public v1::Replication::CallbackService {
 public:
  // What depends on the engine. Called on the service's thread.
  struct Hooks {
    std::function<bool()> is_following;
    std::function<absl::StatusOr<v1::SeedResponse>()> seed;
    // The newest epoch that is known.
    std::function<Epoch()> epoch;
    // Called on a thread of restores' own.
    std::function<absl::StatusOr<Restored>(BackupRecords& backup, bool replace)> restore;
  };
  // `store`, `clock` and `streams` must outlive the service. A backup that is being restored lies
  // in `directory` until it is whole.
  ReplicationService(const VaultStore& store, const Clock& clock, rpc::StreamGroup& streams,
                     const std::string& directory, Hooks hooks);
  // Stops.
  ~ReplicationService() override;

  grpc::ServerUnaryReactor* GetPosition(grpc::CallbackServerContext* context,
                                        const v1::GetPositionRequest* request,
                                        v1::GetPositionResponse* response) override;
  grpc::ServerWriteReactor<v1::SnapshotResponse>* Snapshot(
      grpc::CallbackServerContext* context, const v1::SnapshotRequest* request) override;

  grpc::ServerUnaryReactor* Seed(grpc::CallbackServerContext* context,
                                 const v1::SeedRequest* request,
                                 v1::SeedResponse* response) override;

  grpc::ServerBidiReactor<v1::RestoreRequest, v1::RestoreResponse>* Restore(
      grpc::CallbackServerContext* context) override;

  // After the listener has shut down. Idempotent.
  void Stop() {
    snapshots_.Stop();
    restores_.Stop();
  }

 private:
  const VaultStore& store_;
  rpc::StreamGroup& streams_;
  const std::string staging_path_;
  const Hooks hooks_;
  SerialExecutor snapshots_;
  SerialExecutor restores_;
  // One at a time.
  std::atomic<bool> is_restoring_ = false;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_REPLICATION_SERVICE_H_
