#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_GRPC_VAULT_DOCUMENTS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_GRPC_VAULT_DOCUMENTS_H_

#include <memory>

#include "services/station_agent/vault_documents.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace understudy::station_agent {

// The vault at the other end of `channel`. Calls time out after 10 s.
std::unique_ptr<VaultDocuments> MakeGrpcVaultDocuments(std::shared_ptr<grpc::Channel> channel);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_GRPC_VAULT_DOCUMENTS_H_
