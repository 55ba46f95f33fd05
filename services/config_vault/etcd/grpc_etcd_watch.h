#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_GRPC_ETCD_WATCH_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_GRPC_ETCD_WATCH_H_

#include <memory>

#include "services/config_vault/etcd/etcd_endpoints.h"
#include "services/config_vault/etcd/grpc_etcd_client.h"

namespace understudy::config_vault::etcd {

// EtcdClient::StartWatch over gRPC.
std::unique_ptr<EtcdClient::Watch> StartGrpcEtcdWatch(std::shared_ptr<EtcdEndpoints> endpoints,
                                                      const EtcdOptions& options, KeyRange keys,
                                                      int64_t from,
                                                      std::shared_ptr<WatchObserver> observer);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_GRPC_ETCD_WATCH_H_
