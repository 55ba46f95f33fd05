#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_SERVICE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_SERVICE_H_

#include "common/rpc/stream_group.h"
#include "services/config_vault/vault_context.h"
#include "understudy/config_vault/v1/registry.grpc.pb.h"

namespace understudy::config_vault {

// The Registry service over gRPC: checks requests, passes them on, encodes the answers. Writes go
// from the handler straight to the engine, because a duty waits for them; reads go to the pool.
class RegistryService final : public v1::Registry::CallbackService {
 public:
  // `vault` and `streams` must outlive the service.
  RegistryService(const VaultContext& vault, rpc::StreamGroup& streams);

  grpc::ServerUnaryReactor* PutStation(grpc::CallbackServerContext* context,
                                       const v1::PutStationRequest* request,
                                       v1::PutStationResponse* response) override;
  grpc::ServerUnaryReactor* RemoveStation(grpc::CallbackServerContext* context,
                                          const v1::RemoveStationRequest* request,
                                          v1::RemoveStationResponse* response) override;
  grpc::ServerUnaryReactor* ListStations(grpc::CallbackServerContext* context,
                                         const v1::ListStationsRequest* request,
                                         v1::ListStationsResponse* response) override;
  grpc::ServerUnaryReactor* CreateDuty(grpc::CallbackServerContext* context,
                                       const v1::CreateDutyRequest* request,
                                       v1::CreateDutyResponse* response) override;
  grpc::ServerUnaryReactor* RemoveDuty(grpc::CallbackServerContext* context,
                                       const v1::RemoveDutyRequest* request,
                                       v1::RemoveDutyResponse* response) override;
  grpc::ServerUnaryReactor* ListDuties(grpc::CallbackServerContext* context,
                                       const v1::ListDutiesRequest* request,
                                       v1::ListDutiesResponse* response) override;
  grpc::ServerUnaryReactor* ClaimDuty(grpc::CallbackServerContext* context,
                                      const v1::ClaimDutyRequest* request,
                                      v1::ClaimDutyResponse* response) override;
  grpc::ServerBidiReactor<v1::ClaimDutiesRequest, v1::ClaimDutiesResponse>* ClaimDuties(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* ConfirmDuty(grpc::CallbackServerContext* context,
                                        const v1::ConfirmDutyRequest* request,
                                        v1::ConfirmDutyResponse* response) override;
  grpc::ServerUnaryReactor* RecordFailover(grpc::CallbackServerContext* context,
                                           const v1::RecordFailoverRequest* request,
                                           v1::RecordFailoverResponse* response) override;
  grpc::ServerUnaryReactor* ListFailovers(grpc::CallbackServerContext* context,
                                          const v1::ListFailoversRequest* request,
                                          v1::ListFailoversResponse* response) override;
  grpc::ServerUnaryReactor* GetFailover(grpc::CallbackServerContext* context,
                                        const v1::GetFailoverRequest* request,
                                        v1::GetFailoverResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchRoleResponse>* WatchRole(
      grpc::CallbackServerContext* context, const v1::WatchRoleRequest* request) override;

 private:
  const VaultContext& vault_;
  rpc::StreamGroup& streams_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_SERVICE_H_
