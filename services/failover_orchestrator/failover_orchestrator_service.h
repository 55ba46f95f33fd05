#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_ORCHESTRATOR_SERVICE_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_ORCHESTRATOR_SERVICE_H_

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "common/control_nodes/root_redirect.h"
#include "common/executor/executor.h"
#include "common/rpc/server_stream.h"
#include "common/rpc/stream_group.h"
#include "services/failover_orchestrator/failover_runner.h"
#include "services/failover_orchestrator/vault_registry.h"
#include "understudy/failover_orchestrator/v1/failover_orchestrator.grpc.pb.h"

namespace understudy::failover_orchestrator {

// The gRPC adapter of FailoverOrchestrator, for operators.
class FailoverOrchestratorService final : public v1::FailoverOrchestrator::CallbackService {
 public:
  struct Parts {
    Executor& executor;
    FailoverRunner& runner;
    VaultRegistry& registry;
    rpc::StreamGroup& group;
  };
  // `outages`: what cannot be followed now, for GetStatus; called on the executor.
  FailoverOrchestratorService(Parts parts, size_t max_watchers,
                              std::function<std::vector<std::string>()> outages);

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* ListFailovers(grpc::CallbackServerContext* context,
                                          const v1::ListFailoversRequest* request,
                                          v1::ListFailoversResponse* response) override;
  grpc::ServerUnaryReactor* GetFailover(grpc::CallbackServerContext* context,
                                        const v1::GetFailoverRequest* request,
                                        v1::GetFailoverResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchFailoversResponse>* WatchFailovers(
      grpc::CallbackServerContext* context, const v1::WatchFailoversRequest* request) override;
  grpc::ServerUnaryReactor* Drill(grpc::CallbackServerContext* context,
                                  const v1::DrillRequest* request,
                                  v1::DrillResponse* response) override;

  // While the vault says that it is no root, people are sent to the one that is. On the executor.
  void SetSentinel(bool sentinel, const RootRedirect& root);
  // To all who watch. On the executor.
  void Broadcast(const FailoverRecord& record);

 private:
  using Watcher = rpc::ServerStream<v1::WatchFailoversResponse>;

  absl::Status NotRoot() const;
  absl::StatusOr<v1::GetStatusResponse> Status() const;
  void AddWatcher(const std::shared_ptr<Watcher>& watcher);

  Parts parts_;
  const size_t max_watchers_;
  const std::function<std::vector<std::string>()> outages_;
  // Only on the executor.
  bool sentinel_ = false;
  RootRedirect root_;
  std::list<std::shared_ptr<Watcher>> watchers_;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_ORCHESTRATOR_SERVICE_H_
