#include "tests/simulation/site_registries.h"

#include <any>
#include <utility>
#include <variant>

#include "common/status/status.h"
#include "services/config_vault/proto_fields.h"
#include "services/config_vault/registry_reads.h"
#include "services/config_vault/registry_requests.h"
#include "services/failover_orchestrator/failover_codec.h"
#include "services/membership/record_codec.h"

namespace understudy::simulation {

namespace cv = config_vault;
namespace fo = failover_orchestrator;
namespace ms = membership;

namespace {

constexpr absl::Duration kTimeout = absl::Seconds(1);

using Assigned = absl::StatusOr<fo::Assignment>;
using Stations = absl::StatusOr<std::vector<ms::StationRecord>>;

Assigned ToAssignment(const absl::StatusOr<cv::Outcome>& outcome) {
  if (!outcome.ok()) return outcome.status();
  cv::v1::Assignment message;
  const auto* duty = std::get_if<cv::Duty>(&outcome->result);
  cv::fields::ToProto(duty != nullptr ? duty->assignment
                                      : std::get<cv::Assignment>(outcome->result),
                      message);
  return fo::DecodeAssignment(message);
}

template <typename Claim>
cv::v1::ClaimDutyRequest EncodeClaim(const Claim& claim) {
  cv::v1::ClaimDutyRequest request;
  *request.mutable_assignment() = fo::EncodeAssignment(claim.assignment);
  *request.mutable_failover() = fo::EncodeFailover(claim.failover);
  request.set_epoch(claim.epoch);
  return request;
}

// A write that answers with nothing but its status.
template <typename Check>
std::function<void(SimSiteVault&, std::function<void(absl::Status)>)> PlainWrite(Check check) {
  return [check](SimSiteVault& vault, std::function<void(absl::Status)> answer) {
    vault.Write(check(vault.WallNow()), [answer](const absl::StatusOr<cv::Outcome>& outcome) {
      answer(outcome.status());
    });
  };
}

template <typename Check>
std::function<void(SimSiteVault&, std::function<void(Assigned)>)> AssigningWrite(Check check) {
  return [check](SimSiteVault& vault, std::function<void(Assigned)> answer) {
    vault.Write(check(vault.WallNow()), [answer](const absl::StatusOr<cv::Outcome>& outcome) {
      answer(ToAssignment(outcome));
    });
  };
}

absl::StatusOr<fo::RegistryPort::Contents> ReadContents(const cv::VaultReader& vault) {
  fo::RegistryPort::Contents contents;
  cv::v1::ListFailoversRequest unfinished;
  unfinished.set_unfinished(true);
  unfinished.set_page_size(1000);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto failovers, cv::ReadFailovers(vault, unfinished));
  for (const auto& message : failovers.failovers()) {
    contents.unfinished.push_back(fo::DecodeFailover(message));
  }
  cv::v1::ListDutiesRequest all;
  all.set_page_size(1000);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto duties, cv::ReadDuties(vault, all));
  for (const auto& message : duties.duties()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(fo::Duty duty, fo::DecodeDuty(message));
    contents.duties.push_back(std::move(duty));
  }
  return contents;
}

Stations ReadStationRecords(const cv::VaultReader& vault) {
  cv::v1::ListStationsRequest all;
  all.set_page_size(1000);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto stations, cv::ReadStations(vault, all));
  std::vector<ms::StationRecord> records;
  for (const auto& message : stations.stations()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(ms::StationRecord record, ms::DecodeRecord(message));
    records.push_back(std::move(record));
  }
  return records;
}

ms::RoleChange ToRoleChange(const cv::RoleState& role) {
  const cv::NodeAddresses& at = role.root_addresses;
  return {.role = role.role == cv::Role::kRoot ? ms::Role::kRoot : ms::Role::kSentinel,
          .epoch = role.epoch,
          .root = {.epoch = role.epoch,
                   .node_id = role.root,
                   .addresses = {at.vault, at.membership, at.orchestrator}},
          .act_alone_for = role.act_alone_for};
}

}  // namespace

SiteRegistry::SiteRegistry(SimWorld& world, SimNode& node, const std::string& vault)
    : vault_(world, node, vault, kTimeout) {}

void SiteRegistry::Create(const fo::CreateDuty& write, OnAssignment done) {
  cv::v1::CreateDutyRequest request;
  *request.mutable_duty() = fo::EncodeDuty(write.duty);
  request.set_epoch(write.epoch);
  vault_.Call<Assigned>(
      AssigningWrite([request](absl::Time now) { return cv::CheckCreateDuty(request, now); }),
      std::move(done));
}

void SiteRegistry::Claim(const fo::ClaimDuty& write, OnAssignment done) {
  vault_.Call<Assigned>(AssigningWrite([request = EncodeClaim(write)](absl::Time now) {
                          return cv::CheckClaimDuty(request, now);
                        }),
                        std::move(done));
}

void SiteRegistry::Rehearse(const fo::RehearseClaim& claim) {
  cv::v1::ClaimDutyRequest request = EncodeClaim(claim);
  request.set_validate_only(true);
  vault_.Call<Assigned>(
      AssigningWrite([request](absl::Time now) { return cv::CheckClaimDuty(request, now); }),
      [](const Assigned&) {});
}

void SiteRegistry::Confirm(const fo::ConfirmDuty& write, OnStatus done) {
  cv::v1::ConfirmDutyRequest request;
  request.set_duty_id(write.duty_id);
  request.set_assignment_number(write.assignment_number);
  if (write.failover.has_value()) *request.mutable_failover() = fo::EncodeFailover(*write.failover);
  request.set_epoch(write.epoch);
  vault_.Call<absl::Status>(
      PlainWrite([request](absl::Time now) { return cv::CheckConfirmDuty(request, now); }),
      std::move(done));
}

void SiteRegistry::Record(const fo::RecordFailover& write, OnStatus done) {
  cv::v1::RecordFailoverRequest request;
  *request.mutable_failover() = fo::EncodeFailover(write.failover);
  request.set_epoch(write.epoch);
  vault_.Call<absl::Status>(
      PlainWrite([request](absl::Time) { return cv::CheckRecordFailover(request); }),
      std::move(done));
}

void SiteRegistry::Load(OnContents done) {
  using Loaded = absl::StatusOr<Contents>;
  vault_.Call<Loaded>(
      [](SimSiteVault& vault, std::function<void(Loaded)> answer) {
        vault.WhenCurrent([&vault, answer](const absl::Status& status) {
          answer(status.ok() ? ReadContents(*vault.store().Snapshot()) : Loaded(status));
        });
      },
      std::move(done));
}

SiteStationRegistry::SiteStationRegistry(SimWorld& world, SimNode& node, const std::string& vault)
    : world_(world), node_(node), vault_node_(vault), vault_(world, node, vault, kTimeout) {}

void SiteStationRegistry::Put(const ms::StationRecord& record, uint64_t epoch, DoneCallback done) {
  cv::v1::PutStationRequest request;
  *request.mutable_station() = ms::EncodeRecord(record);
  request.set_epoch(epoch);
  vault_.Call<absl::Status>(
      PlainWrite([request](absl::Time) { return cv::CheckPutStation(request); }),
      [told = std::make_shared<DoneCallback>(std::move(done))](const absl::Status& status) {
        (*told)(status);
      });
}

void SiteStationRegistry::Remove(const std::string& station_id, uint64_t epoch,
                                 DoneCallback done) {
  cv::v1::RemoveStationRequest request;
  request.set_station_id(station_id);
  request.set_epoch(epoch);
  vault_.Call<absl::Status>(
      PlainWrite([request](absl::Time) { return cv::CheckRemoveStation(request); }),
      [told = std::make_shared<DoneCallback>(std::move(done))](const absl::Status& status) {
        (*told)(status);
      });
}

void SiteStationRegistry::List(ListCallback done) {
  vault_.Call<Stations>(
      [](SimSiteVault& vault, std::function<void(Stations)> answer) {
        vault.WhenCurrent([&vault, answer](const absl::Status& status) {
          answer(status.ok() ? ReadStationRecords(*vault.store().Snapshot()) : Stations(status));
        });
      },
      [told = std::make_shared<ListCallback>(std::move(done))](const Stations& stations) {
        (*told)(stations);
      });
}

void SiteStationRegistry::WatchRole(RoleCallback on_change, DoneCallback ended) {
  role_ = world_.streams().Connect(node_, vault_node_, "role");
  role_->SetHandlers(
      [told = std::make_shared<RoleCallback>(std::move(on_change))](const SimMessage& message) {
        (*told)(ToRoleChange(std::any_cast<const cv::RoleState&>(message.body)));
      },
      [told = std::make_shared<DoneCallback>(std::move(ended))] {
        (*told)(absl::UnavailableError("the vault's stream broke"));
      });
}

}  // namespace understudy::simulation
