#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_ADMIN_SERVICE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_ADMIN_SERVICE_H_

#include <atomic>

#include "common/rpc/stream_group.h"
#include "services/checkpoint_store/admin_reads.h"
#include "services/checkpoint_store/checkpoint_calls.h"
#include "services/checkpoint_store/fleet_monitor.h"
#include "services/checkpoint_store/grpc_caller.h"
#include "understudy/checkpoint_store/v1/checkpoint_admin.grpc.pb.h"

namespace understudy::checkpoint_store {

struct AdminOptions {
  size_t max_watchers = 256;
  // Events that may wait for a watcher's reader; one more ends the watch.
  size_t max_queue = 4096;
};

// Translates the operators' calls. Thread-safe.
class CheckpointAdminService final : public v1::CheckpointAdmin::CallbackService {
 public:
  // All must outlive the service.
  CheckpointAdminService(const AdminOptions& options, CheckpointCalls& calls,
                         const AdminReads& reads, FleetMonitor& monitor,
                         const GrpcCallers& callers, StoreMetrics& metrics,
                         rpc::StreamGroup& streams)
      : options_(options),
        calls_(calls),
        reads_(reads),
        monitor_(monitor),
        callers_(callers),
        metrics_(metrics),
        streams_(streams) {}

  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const v1::ListRequest* request,
                                 v1::ListResponse* response) override;
  grpc::ServerUnaryReactor* Inspect(grpc::CallbackServerContext* context,
                                    const v1::InspectRequest* request,
                                    v1::InspectResponse* response) override;
  grpc::ServerUnaryReactor* Generations(grpc::CallbackServerContext* context,
                                        const v1::GenerationsRequest* request,
                                        v1::GenerationsResponse* response) override;
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context,
                                 const v1::ReadRequest* request,
                                 v1::ReadResponse* response) override;
  grpc::ServerUnaryReactor* Stage(grpc::CallbackServerContext* context,
                                  const v1::StageRequest* request,
                                  v1::StageResponse* response) override;
  grpc::ServerUnaryReactor* Withdraw(grpc::CallbackServerContext* context,
                                     const v1::WithdrawRequest* request,
                                     v1::WithdrawResponse* response) override;
  grpc::ServerUnaryReactor* Revoke(grpc::CallbackServerContext* context,
                                   const v1::RevokeRequest* request,
                                   v1::RevokeResponse* response) override;
  grpc::ServerUnaryReactor* GetSummary(grpc::CallbackServerContext* context,
                                       const v1::GetSummaryRequest* request,
                                       v1::GetSummaryResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(grpc::CallbackServerContext* context,
                                                     const v1::WatchRequest* request) override;

 private:
  absl::Status AdmitWatcher(const CallOrigin& origin) const;

  const AdminOptions options_;
  CheckpointCalls& calls_;
  const AdminReads& reads_;
  FleetMonitor& monitor_;
  const GrpcCallers& callers_;
  StoreMetrics& metrics_;
  rpc::StreamGroup& streams_;
  std::atomic<size_t> watchers_ = 0;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_ADMIN_SERVICE_H_
