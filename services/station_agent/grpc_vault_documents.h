#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_GRPC_VAULT_DOCUMENTS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_GRPC_VAULT_DOCUMENTS_H_

#include <memory>

#include "services/station_agent/vault_documents.h"

namespace understudy::station_agent {

class ControlChannels;

// The vaults of the control nodes: the root's first, another where that one does not answer or is
// root no longer. `channels` must outlive all calls. Each attempt times out after 3 s.
std::unique_ptr<VaultDocuments> MakeGrpcVaultDocuments(ControlChannels& channels);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_GRPC_VAULT_DOCUMENTS_H_
