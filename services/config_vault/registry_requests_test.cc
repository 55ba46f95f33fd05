#include "services/config_vault/registry_requests.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

constexpr absl::Time kNow = absl::UnixEpoch();

v1::PutStationRequest StationRequest() {
  v1::PutStationRequest request;
  request.set_epoch(1);
  request.mutable_station()->set_id("gate-1");
  request.mutable_station()->set_kind(type::v1::STATION_KIND_DEPLOYMENT);
  return request;
}

v1::CreateDutyRequest DutyRequest() {
  v1::CreateDutyRequest request;
  request.set_epoch(1);
  request.mutable_duty()->set_id("d1");
  return request;
}

v1::ClaimDutyRequest ClaimRequest() {
  v1::ClaimDutyRequest request;
  request.set_epoch(1);
  request.mutable_assignment()->set_duty_id("d1");
  request.mutable_assignment()->set_number(2);
  request.mutable_assignment()->set_station_id("spare-1");
  request.mutable_failover()->set_id("d1-1");
  request.mutable_failover()->set_duty_id("d1");
  request.mutable_failover()->set_state(v1::Failover::STATE_CLAIMED);
  return request;
}

std::string Reason(const v1::PutStationRequest& request) {
  return ErrorReason(CheckPutStation(request).status());
}
std::string Reason(const v1::CreateDutyRequest& request) {
  return ErrorReason(CheckCreateDuty(request, kNow).status());
}
std::string Reason(const v1::ClaimDutyRequest& request) {
  return ErrorReason(CheckClaimDuty(request, kNow).status());
}

TEST(RegistryRequestsTest, EpochZeroIsInvalidForEveryWrite) {
  EXPECT_EQ(Reason(v1::PutStationRequest()), "INVALID_EPOCH");
  EXPECT_EQ(Reason(v1::CreateDutyRequest()), "INVALID_EPOCH");
  EXPECT_EQ(Reason(v1::ClaimDutyRequest()), "INVALID_EPOCH");
  EXPECT_EQ(ErrorReason(CheckRemoveStation({}).status()), "INVALID_EPOCH");
  EXPECT_EQ(ErrorReason(CheckRemoveDuty({}).status()), "INVALID_EPOCH");
  EXPECT_EQ(ErrorReason(CheckConfirmDuty({}, kNow).status()), "INVALID_EPOCH");
  EXPECT_EQ(ErrorReason(CheckRecordFailover({}).status()), "INVALID_EPOCH");
}

TEST(RegistryRequestsTest, AcceptsAStation) {
  v1::PutStationRequest request = StationRequest();
  (*request.mutable_station()->mutable_capabilities()->mutable_counts())["camera.rtsp"] = 4;
  const auto put = CheckPutStation(request);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->station.capabilities.at("camera.rtsp"), 4u);
  EXPECT_FALSE(put->station.declared_duty.has_value());
}

TEST(RegistryRequestsTest, RefusesAStationWithAFieldThatBreaksItsRule) {
  v1::PutStationRequest request = StationRequest();
  request.mutable_station()->set_id("Gate 1");
  EXPECT_EQ(Reason(request), "INVALID_STATION");
  request = StationRequest();
  request.mutable_station()->clear_kind();
  EXPECT_EQ(Reason(request), "INVALID_STATION");
  request = StationRequest();
  (*request.mutable_station()->mutable_capabilities()->mutable_counts())["camera"] = 0;
  EXPECT_EQ(Reason(request), "INVALID_STATION");
  request = StationRequest();
  request.mutable_station()->set_agent_version(std::string(129, 'v'));
  EXPECT_EQ(Reason(request), "INVALID_STATION");
  request = StationRequest();
  for (int i = 0; i < 17; ++i) request.mutable_station()->add_addresses("10.0.0.1:1");
  EXPECT_EQ(Reason(request), "INVALID_STATION");
  request = StationRequest();
  request.mutable_station()->mutable_declared_duty()->set_id("");
  EXPECT_EQ(Reason(request), "INVALID_STATION");
}

TEST(RegistryRequestsTest, ADutyGetsItsDocumentAndDefaultFencing) {
  const auto creation = CheckCreateDuty(DutyRequest(), kNow);
  ASSERT_TRUE(creation.ok()) << creation.status();
  EXPECT_EQ(creation->duty.document, "duties/d1");
  EXPECT_EQ(creation->duty.fencing, Fencing::kOverlap);
}

TEST(RegistryRequestsTest, RefusesADutyWithAFieldThatBreaksItsRule) {
  v1::CreateDutyRequest request = DutyRequest();
  request.mutable_duty()->set_document("elsewhere");
  EXPECT_EQ(Reason(request), "INVALID_DUTY");
  request = DutyRequest();
  request.mutable_duty()->set_fencing(static_cast<v1::Fencing>(9));
  EXPECT_EQ(Reason(request), "INVALID_DUTY");
  request = DutyRequest();
  request.mutable_duty()->mutable_assignment()->set_station_id("-");
  EXPECT_EQ(Reason(request), "INVALID_DUTY");
}

TEST(RegistryRequestsTest, AcceptsAClaimWithItsFailoverOrWithout) {
  v1::ClaimDutyRequest request = ClaimRequest();
  EXPECT_EQ(CheckClaimDuty(request, kNow)->failover->id, "d1-1");
  request.clear_failover();
  EXPECT_FALSE(CheckClaimDuty(request, kNow)->failover.has_value());
  request.mutable_assignment()->clear_station_id();
  EXPECT_TRUE(CheckClaimDuty(request, kNow).ok());
}

TEST(RegistryRequestsTest, RefusesAClaimWithAFieldThatBreaksItsRule) {
  v1::ClaimDutyRequest request = ClaimRequest();
  request.mutable_assignment()->set_duty_id("D");
  EXPECT_EQ(Reason(request), "INVALID_ASSIGNMENT");
  request = ClaimRequest();
  request.mutable_failover()->set_duty_id("d2");
  EXPECT_EQ(Reason(request), "INVALID_FAILOVER");
  request = ClaimRequest();
  request.mutable_failover()->set_id("No Good");
  EXPECT_EQ(Reason(request), "INVALID_FAILOVER");
  request = ClaimRequest();
  request.mutable_failover()->clear_state();
  EXPECT_EQ(Reason(request), "INVALID_FAILOVER");
  request = ClaimRequest();
  request.mutable_failover()->set_document_sha256("short");
  EXPECT_EQ(Reason(request), "INVALID_FAILOVER");
  request = ClaimRequest();
  request.mutable_failover()->set_note(std::string(5000, 'n'));
  EXPECT_EQ(Reason(request), "INVALID_FAILOVER");
  request = ClaimRequest();
  for (int i = 0; i < 1025; ++i) request.mutable_failover()->add_abandoned_stations("s");
  EXPECT_EQ(Reason(request), "INVALID_FAILOVER");
}

}  // namespace
}  // namespace understudy::config_vault
