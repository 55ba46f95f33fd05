#include "services/config_vault/registry_requests.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/capability/capability_set.h"
#include "common/document/identifiers.h"
#include "common/status/status.h"
#include "services/config_vault/proto_fields.h"

namespace understudy::config_vault {
namespace {

constexpr size_t kMaxVersionBytes = 128;
constexpr int kMaxAddresses = 16;
constexpr size_t kMaxAddressBytes = 255;
constexpr size_t kMaxFailoverIdBytes = 96;
constexpr size_t kMaxTextBytes = 4096;
constexpr int kMaxFaults = 64;
constexpr int kMaxAbandonedStations = 1024;
constexpr size_t kSha256Bytes = 32;

absl::Status Invalid(std::string_view reason, const std::string& message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason, message);
}

absl::Status CheckEpoch(uint64_t epoch) {
  if (epoch != 0) return absl::OkStatus();
  return Invalid("INVALID_EPOCH", "a write must carry the epoch of its root, found 0");
}

// `check` with its own reason in place of the common one.
absl::Status As(std::string_view reason, std::string_view field, const absl::Status& check) {
  if (check.ok()) return check;
  return Invalid(reason, absl::StrCat(std::string(field), ": ", std::string(check.message())));
}

absl::Status CheckLength(std::string_view reason, std::string_view field, const std::string& text,
                         size_t limit) {
  if (text.size() <= limit) return absl::OkStatus();
  return Invalid(reason, absl::StrCat(std::string(field), ": expected at most ", limit,
                                      " bytes, found ", text.size()));
}

absl::Status CheckCount(std::string_view reason, std::string_view field, int count, int limit) {
  if (count <= limit) return absl::OkStatus();
  return Invalid(reason, absl::StrCat(std::string(field), ": expected at most ", limit,
                                      " entries, found ", count));
}

absl::Status CheckCapabilities(std::string_view reason, std::string_view field,
                               const type::v1::CapabilitySet& set) {
  return As(reason, field, CapabilitySet::Create(fields::ToCapabilities(set)).status());
}

// An empty id is fine.
absl::Status CheckOptionalStation(std::string_view reason, std::string_view field,
                                  const std::string& id) {
  return id.empty() ? absl::OkStatus() : As(reason, field, CheckStationId(id));
}

absl::Status CheckStation(const v1::StationRecord& station) {
  constexpr std::string_view kReason = "INVALID_STATION";
  UNDERSTUDY_RETURN_IF_ERROR(As(kReason, "id", CheckStationId(station.id())));
  if (station.kind() != type::v1::STATION_KIND_DEPLOYMENT &&
      station.kind() != type::v1::STATION_KIND_BACKUP) {
    return Invalid(kReason, absl::StrCat("kind: expected deployment or backup, found ",
                                         static_cast<int>(station.kind())));
  }
  UNDERSTUDY_RETURN_IF_ERROR(CheckCapabilities(kReason, "capabilities", station.capabilities()));
  UNDERSTUDY_RETURN_IF_ERROR(
      CheckLength(kReason, "agent_version", station.agent_version(), kMaxVersionBytes));
  UNDERSTUDY_RETURN_IF_ERROR(
      CheckCount(kReason, "addresses", station.addresses_size(), kMaxAddresses));
  for (const std::string& address : station.addresses()) {
    UNDERSTUDY_RETURN_IF_ERROR(CheckLength(kReason, "addresses", address, kMaxAddressBytes));
  }
  if (!station.has_declared_duty()) return absl::OkStatus();
  const v1::DutyDeclaration& duty = station.declared_duty();
  UNDERSTUDY_RETURN_IF_ERROR(As(kReason, "declared_duty.id", CheckDutyId(duty.id())));
  return CheckCapabilities(kReason, "declared_duty.needs", duty.needs());
}

absl::Status CheckFencing(v1::Fencing fencing) {
  if (v1::Fencing_IsValid(fencing)) return absl::OkStatus();
  return Invalid("INVALID_DUTY",
                 absl::StrCat("fencing: there is no value ", static_cast<int>(fencing)));
}

absl::Status CheckDuty(const v1::Duty& duty) {
  constexpr std::string_view kReason = "INVALID_DUTY";
  UNDERSTUDY_RETURN_IF_ERROR(As(kReason, "id", CheckDutyId(duty.id())));
  UNDERSTUDY_RETURN_IF_ERROR(CheckCapabilities(kReason, "needs", duty.needs()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckFencing(duty.fencing()));
  const std::string document = DutyDocumentName(duty.id());
  if (!duty.document().empty() && duty.document() != document) {
    return Invalid(kReason, absl::StrCat("document: expected \"", document, "\", found \"",
                                         duty.document(), "\""));
  }
  return CheckOptionalStation(kReason, "assignment.station_id", duty.assignment().station_id());
}

absl::Status CheckSha256(std::string_view field, const std::string& sha256) {
  if (sha256.empty() || sha256.size() == kSha256Bytes) return absl::OkStatus();
  return Invalid("INVALID_FAILOVER",
                 absl::StrCat(std::string(field), ": expected 32 bytes, found ", sha256.size()));
}

absl::Status CheckFailoverId(const std::string& id) {
  const bool valid = !id.empty() && id.size() <= kMaxFailoverIdBytes &&
                     std::all_of(id.begin(), id.end(), [](unsigned char c) {
                       return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
                     });
  if (valid) return absl::OkStatus();
  return Invalid("INVALID_FAILOVER", absl::StrCat("id: expected 1 to ", kMaxFailoverIdBytes,
                                                  " characters of [a-z0-9-]"));
}

absl::Status CheckFailoverLists(const v1::Failover& failover) {
  constexpr std::string_view kReason = "INVALID_FAILOVER";
  UNDERSTUDY_RETURN_IF_ERROR(
      CheckCount(kReason, "evidence.faults", failover.evidence().faults_size(), kMaxFaults));
  UNDERSTUDY_RETURN_IF_ERROR(CheckCount(kReason, "abandoned_stations",
                                        failover.abandoned_stations_size(), kMaxAbandonedStations));
  for (const std::string& station : failover.abandoned_stations()) {
    UNDERSTUDY_RETURN_IF_ERROR(As(kReason, "abandoned_stations", CheckStationId(station)));
  }
  return absl::OkStatus();
}

absl::Status CheckFailover(const v1::Failover& failover) {
  constexpr std::string_view kReason = "INVALID_FAILOVER";
  UNDERSTUDY_RETURN_IF_ERROR(CheckFailoverId(failover.id()));
  UNDERSTUDY_RETURN_IF_ERROR(As(kReason, "duty_id", CheckDutyId(failover.duty_id())));
  if (failover.state() == v1::Failover::STATE_UNSPECIFIED ||
      !v1::Failover::State_IsValid(failover.state())) {
    return Invalid(kReason, absl::StrCat("state: expected waiting, claimed, done or cancelled, ",
                                         "found ", static_cast<int>(failover.state())));
  }
  UNDERSTUDY_RETURN_IF_ERROR(
      CheckOptionalStation(kReason, "from_station", failover.from_station()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckOptionalStation(kReason, "to_station", failover.to_station()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckSha256("document_sha256", failover.document_sha256()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckSha256("running_sha256", failover.running_sha256()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckLength(kReason, "note", failover.note(), kMaxTextBytes));
  UNDERSTUDY_RETURN_IF_ERROR(
      CheckLength(kReason, "evidence.summary", failover.evidence().summary(), kMaxTextBytes));
  return CheckFailoverLists(failover);
}

// Checks that the failover, if there is one, is of this duty.
template <typename Request>
absl::StatusOr<std::optional<Failover>> ReadFailover(const Request& request,
                                                     const std::string& duty_id) {
  if (!request.has_failover()) return std::optional<Failover>();
  UNDERSTUDY_RETURN_IF_ERROR(CheckFailover(request.failover()));
  if (request.failover().duty_id() != duty_id) {
    return Invalid("INVALID_FAILOVER", absl::StrCat("duty_id: expected \"", duty_id,
                                                    "\" as in the assignment, found \"",
                                                    request.failover().duty_id(), "\""));
  }
  return std::make_optional(fields::ToFailover(request.failover()));
}

}  // namespace

absl::StatusOr<PutStation> CheckPutStation(const v1::PutStationRequest& request) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(request.epoch()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckStation(request.station()));
  return PutStation{fields::ToStation(request.station()), request.epoch()};
}

absl::StatusOr<RemoveStation> CheckRemoveStation(const v1::RemoveStationRequest& request) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(request.epoch()));
  UNDERSTUDY_RETURN_IF_ERROR(
      As("INVALID_STATION", "station_id", CheckStationId(request.station_id())));
  return RemoveStation{request.station_id(), request.epoch()};
}

absl::StatusOr<CreateDuty> CheckCreateDuty(const v1::CreateDutyRequest& request, absl::Time time) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(request.epoch()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckDuty(request.duty()));
  CreateDuty creation{fields::ToDuty(request.duty()), request.epoch(), time};
  creation.duty.document = DutyDocumentName(creation.duty.id);
  if (creation.duty.fencing == Fencing::kUnspecified) creation.duty.fencing = Fencing::kOverlap;
  return creation;
}

absl::StatusOr<RemoveDuty> CheckRemoveDuty(const v1::RemoveDutyRequest& request) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(request.epoch()));
  UNDERSTUDY_RETURN_IF_ERROR(As("INVALID_DUTY", "duty_id", CheckDutyId(request.duty_id())));
  return RemoveDuty{request.duty_id(), request.assignment_number(), request.epoch()};
}

absl::StatusOr<ClaimDuty> CheckClaimDuty(const v1::ClaimDutyRequest& request, absl::Time time) {
  constexpr std::string_view kReason = "INVALID_ASSIGNMENT";
  const v1::Assignment& assignment = request.assignment();
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(request.epoch()));
  UNDERSTUDY_RETURN_IF_ERROR(As(kReason, "duty_id", CheckDutyId(assignment.duty_id())));
  UNDERSTUDY_RETURN_IF_ERROR(CheckOptionalStation(kReason, "station_id", assignment.station_id()));
  ClaimDuty claim{
      .assignment = fields::ToAssignment(assignment),
      .epoch = request.epoch(),
      .time = time,
      .validate_only = request.validate_only()};
  UNDERSTUDY_ASSIGN_OR_RETURN(claim.failover, ReadFailover(request, assignment.duty_id()));
  return claim;
}

absl::StatusOr<ConfirmDuty> CheckConfirmDuty(const v1::ConfirmDutyRequest& request,
                                             absl::Time time) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(request.epoch()));
  UNDERSTUDY_RETURN_IF_ERROR(As("INVALID_DUTY", "duty_id", CheckDutyId(request.duty_id())));
  ConfirmDuty confirmation{.duty_id = request.duty_id(),
                           .assignment_number = request.assignment_number(),
                           .epoch = request.epoch(),
                           .time = time};
  UNDERSTUDY_ASSIGN_OR_RETURN(confirmation.failover, ReadFailover(request, request.duty_id()));
  return confirmation;
}

absl::StatusOr<RecordFailover> CheckRecordFailover(const v1::RecordFailoverRequest& request) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckEpoch(request.epoch()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckFailover(request.failover()));
  return RecordFailover{fields::ToFailover(request.failover()), request.epoch()};
}

}  // namespace understudy::config_vault
