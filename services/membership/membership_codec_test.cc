#include "services/membership/membership_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/status.h"
#include "services/membership/record_codec.h"

namespace understudy::membership {
namespace {

v1::JoinRequest ValidJoin() {
  v1::JoinRequest request;
  request.set_station_id("gate-1");
  request.set_kind(type::v1::STATION_KIND_DEPLOYMENT);
  (*request.mutable_capabilities()->mutable_counts())["camera.rtsp"] = 16;
  request.set_agent_version("0.1.0");
  request.add_addresses("10.0.0.7:22");
  request.mutable_declared_duty()->set_id("gate");
  request.mutable_declared_duty()->set_fencing(config_vault::v1::FENCING_STRICT);
  return request;
}

std::string ReasonOf(const v1::JoinRequest& request) {
  return ErrorReason(DecodeJoin(request).status());
}

TEST(DecodeJoinTest, TakesEveryField) {
  const auto record = DecodeJoin(ValidJoin());
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->id, "gate-1");
  EXPECT_EQ(record->kind, StationKind::kDeployment);
  EXPECT_EQ(record->capabilities.CountOf("camera.rtsp"), 16u);
  EXPECT_EQ(record->agent_version, "0.1.0");
  EXPECT_EQ(record->addresses, std::vector<std::string>{"10.0.0.7:22"});
  EXPECT_EQ(record->declared_duty->id, "gate");
  EXPECT_EQ(record->declared_duty->fencing, Fencing::kStrict);
}

TEST(DecodeJoinTest, NamesWhatIsWrong) {
  v1::JoinRequest request = ValidJoin();
  request.set_station_id("-");
  EXPECT_EQ(ReasonOf(request), "INVALID_STATION_ID");
  request = ValidJoin();
  request.set_kind(static_cast<type::v1::StationKind>(9));
  EXPECT_EQ(ReasonOf(request), "INVALID_KIND");
  request = ValidJoin();
  (*request.mutable_capabilities()->mutable_counts())["Camera!"] = 1;
  EXPECT_EQ(ReasonOf(request), "INVALID_CAPABILITIES");
  request = ValidJoin();
  request.mutable_declared_duty()->set_id("");
  EXPECT_EQ(ReasonOf(request), "INVALID_DUTY");
  request = ValidJoin();
  (*request.mutable_declared_duty()->mutable_needs()->mutable_counts())["npu.tops"] = 0;
  EXPECT_EQ(ReasonOf(request), "INVALID_DUTY");
  request = ValidJoin();
  request.mutable_declared_duty()->set_fencing(static_cast<config_vault::v1::Fencing>(9));
  EXPECT_EQ(ReasonOf(request), "INVALID_DUTY");
  request = ValidJoin();
  for (int i = 0; i < 16; ++i) request.add_addresses("a:1");
  EXPECT_EQ(ReasonOf(request), "INVALID_ADDRESSES");
  request = ValidJoin();
  request.set_agent_version(std::string(257, 'v'));
  EXPECT_EQ(ReasonOf(request), "INVALID_AGENT_VERSION");
}

TEST(DecodeReportTest, BoundsChildren) {
  v1::StationReport report;
  for (size_t i = 0; i <= kMaxChildren; ++i) {
    report.add_children()->set_id("cam-" + std::to_string(i));
  }
  EXPECT_EQ(ErrorReason(DecodeReport(report).status()), "INVALID_CHILDREN");
  report.mutable_children()->RemoveLast();
  EXPECT_TRUE(DecodeReport(report).ok());
}

TEST(DecodeReportTest, RefusesTheSameChildTwice) {
  v1::StationReport report;
  report.add_children()->set_id("cam");
  report.add_children()->set_id("cam");
  EXPECT_EQ(ErrorReason(DecodeReport(report).status()), "INVALID_CHILDREN");
}

TEST(DecodeReportTest, RefusesFaultsThatItDoesNotKnow) {
  v1::StationReport report;
  report.add_faults()->set_fault(static_cast<type::v1::HealthFault>(77));
  EXPECT_EQ(ErrorReason(DecodeReport(report).status()), "INVALID_FAULTS");
  report.mutable_faults(0)->set_fault(type::v1::HEALTH_FAULT_UNSPECIFIED);
  EXPECT_EQ(ErrorReason(DecodeReport(report).status()), "INVALID_FAULTS");
}

TEST(DecodeReportTest, TakesAKindThatItDoesNotKnowForNone) {
  v1::StationReport report;
  report.set_kind(static_cast<type::v1::StationKind>(9));
  EXPECT_EQ(DecodeReport(report)->kind, StationKind::kUnspecified);
}

TEST(EncodeMemberTest, CarriesVerdictAndEvidence) {
  Member member;
  member.record.id = "gate-1";
  member.state = MemberState::kFailed;
  member.verdict = Verdict::kSelfReported;
  member.evidence = {.missed_beats = 0,
                     .silent_for = absl::Milliseconds(1500),
                     .stream_open = true,
                     .faults = FaultBit(2) | FaultBit(4),
                     .summary = "why"};
  member.beat_faults = FaultBit(2);
  const v1::Member message =
      EncodeMember(member, absl::FromUnixSeconds(5), absl::Milliseconds(300));
  EXPECT_EQ(message.state(), v1::Member::STATE_FAILED);
  EXPECT_EQ(message.verdict(), type::v1::VERDICT_SELF_REPORTED);
  EXPECT_EQ(message.evidence().silent_for().seconds(), 1);
  EXPECT_EQ(message.evidence().silent_for().nanos(), 500'000'000);
  ASSERT_EQ(message.evidence().faults_size(), 2);
  EXPECT_EQ(message.evidence().faults(1), type::v1::HEALTH_FAULT_NATIVE_PROCESS_DEAD);
  ASSERT_EQ(message.faults_size(), 1);
  EXPECT_EQ(message.last_heard_at().seconds(), 5);
  EXPECT_EQ(message.lease().nanos(), 300'000'000);
}

TEST(EncodeMemberTest, LeavesOutWhatIsNotKnown) {
  Member member;
  member.state = MemberState::kExpected;
  const v1::Member message = EncodeMember(member, absl::InfinitePast(), absl::Seconds(1));
  EXPECT_FALSE(message.has_last_heard_at());
  EXPECT_FALSE(message.has_evidence());
}

TEST(RecordCodecTest, BringsARecordBackAsItWas) {
  StationRecord record = *DecodeJoin(ValidJoin());
  record.joined_at = absl::FromUnixNanos(1'700'000'000'123'456'789);
  record.has_left = true;
  const auto decoded = DecodeRecord(EncodeRecord(record));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, record);
}

TEST(RecordCodecTest, KeepsTimesWithinWhatATimestampCanSay) {
  EXPECT_EQ(EncodeTime(absl::InfiniteFuture()).seconds(), 253'402'300'799);
  google::protobuf::Timestamp message;
  message.set_seconds(INT64_MAX);
  message.set_nanos(-5);
  EXPECT_EQ(DecodeTime(message), absl::FromUnixSeconds(253'402'300'799));
}

}  // namespace
}  // namespace understudy::membership
