#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_READS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_READS_H_

#include "absl/status/statusor.h"
#include "services/config_vault/vault_reader.h"
#include "understudy/config_vault/v1/documents.pb.h"

// The reading calls of the Documents service, each on one state of the vault. Content is checked
// against its hash whenever it is read: DATA_LOSS CORRUPT_RECORD. They read the disk, so never in a
// gRPC reaction.
namespace understudy::config_vault {

absl::StatusOr<v1::GetResponse> ReadDocument(const VaultReader& vault,
                                             const v1::GetRequest& request);
absl::StatusOr<v1::ListResponse> ListDocuments(const VaultReader& vault,
                                               const v1::ListRequest& request);
absl::StatusOr<v1::HistoryResponse> ReadHistory(const VaultReader& vault,
                                                const v1::HistoryRequest& request);
absl::StatusOr<v1::DiffResponse> DiffRevisions(const VaultReader& vault,
                                               const v1::DiffRequest& request);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_DOCUMENT_READS_H_
