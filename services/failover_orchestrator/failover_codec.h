#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_CODEC_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_CODEC_H_

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "services/failover_orchestrator/action.h"
#include "services/failover_orchestrator/collection_planner.h"
#include "services/failover_orchestrator/duty.h"
#include "services/failover_orchestrator/station_table.h"
#include "understudy/config_vault/v1/documents.pb.h"
#include "understudy/config_vault/v1/registry.pb.h"
#include "understudy/failover_orchestrator/v1/station_orders.pb.h"
#include "understudy/membership/v1/membership.pb.h"

// Between the wire and domain types. Decoding what another service or a station sent fails with
// INVALID_ARGUMENT where a value cannot be.
namespace understudy::failover_orchestrator {

absl::StatusOr<Duty> DecodeDuty(const config_vault::v1::Duty& message);
config_vault::v1::Duty EncodeDuty(const Duty& duty);

Assignment DecodeAssignment(const config_vault::v1::Assignment& message);
config_vault::v1::Assignment EncodeAssignment(const Assignment& assignment);

FailoverRecord DecodeFailover(const config_vault::v1::Failover& message);
config_vault::v1::Failover EncodeFailover(const FailoverRecord& record);

absl::StatusOr<Member> DecodeMember(const membership::v1::Member& message);
// Of a suspicion; at most a second.
absl::Duration DecodeNextLook(const membership::v1::MemberChanged& message);

// The duty whose document changed, and its latest state; nothing when it is no duty's document.
std::optional<std::pair<std::string, DocumentState>> DecodeDocument(
    const config_vault::v1::DocumentInfo& message);

// `action` is one of the Send... actions.
v1::StationOrder EncodeOrder(const SendActivate& action);
v1::StationOrder EncodeOrder(const SendHold& action);
v1::StationOrder EncodeOrder(const SendStandDown& action);
v1::StationOrder EncodeOrder(const SendStage& action);
v1::StationOrder EncodeOrder(const SendUnstage& action);
v1::StationOrder EncodeOrder(const CollectionPlanner::Collection& collection);

absl::StatusOr<Greeting> DecodeHello(const v1::Hello& message);
// A copy, or (with an empty hash) why there is none.
absl::StatusOr<StagedCopy> DecodeStaged(const v1::Staged& message);
// Empty or 32 bytes.
absl::Status CheckSha256(const std::string& sha256);

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_FAILOVER_CODEC_H_
