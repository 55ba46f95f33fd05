#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_REQUESTS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_REQUESTS_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/config_vault/command.h"
#include "understudy/config_vault/v1/registry.pb.h"

// Requests of the Registry service become commands, or are refused for their form:
//   INVALID_ARGUMENT INVALID_EPOCH: 0
//   INVALID_ARGUMENT INVALID_STATION, INVALID_DUTY, INVALID_ASSIGNMENT, INVALID_FAILOVER: a field
//   that is missing, out of range or too long. Every text and list has a limit, because the vault
//   keeps them for good.
// Thread-safe, quick.
namespace understudy::config_vault {

absl::StatusOr<PutStation> CheckPutStation(const v1::PutStationRequest& request);
absl::StatusOr<RemoveStation> CheckRemoveStation(const v1::RemoveStationRequest& request);
absl::StatusOr<CreateDuty> CheckCreateDuty(const v1::CreateDutyRequest& request, absl::Time time);
absl::StatusOr<RemoveDuty> CheckRemoveDuty(const v1::RemoveDutyRequest& request);
absl::StatusOr<ClaimDuty> CheckClaimDuty(const v1::ClaimDutyRequest& request, absl::Time time);
absl::StatusOr<ConfirmDuty> CheckConfirmDuty(const v1::ConfirmDutyRequest& request,
                                             absl::Time time);
absl::StatusOr<RecordFailover> CheckRecordFailover(const v1::RecordFailoverRequest& request);

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_REGISTRY_REQUESTS_H_
