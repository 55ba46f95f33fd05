#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_READS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_READS_H_

#include "absl/status/statusor.h"
#include "services/config_vault/vault_reader.h"
#include "understudy/config_vault/v1/registry.pb.h"

// The reading calls of the Registry service, each on one state of the vault. They read the disk, so
// never in a gRPC reaction.
namespace understudy::config_vault {

absl::StatusOr<v1::ListStationsResponse> ReadStations(const VaultReader& vault,
                                                      const v1::ListStationsRequest& request);
absl::StatusOr<v1::ListDutiesResponse> ReadDuties(const VaultReader& vault,
                                                  const v1::ListDutiesRequest& request);
absl::StatusOr<v1::ListFailoversResponse> ReadFailovers(const VaultReader& vault,
                                                        const v1::ListFailoversRequest& request);
absl::StatusOr<v1::GetFailoverResponse> ReadFailover(const VaultReader& vault,
                                                     const v1::GetFailoverRequest& request);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_READS_H_
