#include "services/failover_orchestrator/failover_codec.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy::failover_orchestrator {
namespace {

FailoverRecord FullRecord() {
  FailoverRecord record;
  record.id = "gate-1";
  record.duty_id = "gate";
  record.from_station = "a1";
  record.to_station = "b1";
  record.verdict = Verdict::kPartitioned;
  record.evidence = {3, absl::Milliseconds(312), true, {1, 4}, "silent for 312 ms"};
  record.drill = true;
  record.leave = true;
  record.state = FailoverState::kDone;
  record.assignment_number = 2;
  record.document_revision = 7;
  record.document_sha256 = std::string(32, 'd');
  record.running_sha256 = std::string(32, 'r');
  record.stages = {absl::Milliseconds(1), absl::Milliseconds(2), std::nullopt,
                   absl::Milliseconds(4), absl::Milliseconds(5), absl::Microseconds(6),
                   absl::Seconds(7)};
  record.abandoned_stations = {"b2", "b3"};
  record.verdict_at = absl::FromUnixMillis(1'700'000'000'123);
  record.finished_at = absl::FromUnixMillis(1'700'000'000'456);
  record.note = "retried";
  return record;
}

TEST(FailoverCodecTest, BringsAFailoverBackAsItWas) {
  const FailoverRecord record = FullRecord();
  const config_vault::v1::Failover message = EncodeFailover(record);
  const FailoverRecord back = DecodeFailover(message);
  EXPECT_EQ(EncodeFailover(back).SerializeAsString(), message.SerializeAsString());
  EXPECT_EQ(back.id, record.id);
  EXPECT_EQ(back.verdict, record.verdict);
  EXPECT_EQ(back.evidence.silent_for, record.evidence.silent_for);
  EXPECT_EQ(back.evidence.faults, record.evidence.faults);
  EXPECT_EQ(back.state, record.state);
  EXPECT_EQ(back.stages.running, record.stages.running);
  EXPECT_FALSE(back.stages.fence.has_value());
  EXPECT_EQ(back.abandoned_stations, record.abandoned_stations);
  EXPECT_EQ(back.verdict_at, record.verdict_at);
  EXPECT_EQ(back.finished_at, record.finished_at);
}

TEST(FailoverCodecTest, SendsNoTextThatIsNotUtf8) {
  FailoverRecord record;
  record.note = "bad \xff byte";
  EXPECT_EQ(EncodeFailover(record).note(), "bad ? byte");
}

TEST(FailoverCodecTest, BringsADutyBackAsItWas) {
  Duty duty{"gate",
            *ParseCapabilitySet("camera.rtsp: 4"),
            Fencing::kStrict,
            "duties/gate",
            {"gate", "a1", 3, 9, true, absl::FromUnixSeconds(1'700'000'000)}};
  const auto back = DecodeDuty(EncodeDuty(duty));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->needs, duty.needs);
  EXPECT_EQ(back->fencing, Fencing::kStrict);
  EXPECT_EQ(back->assignment.number, 3u);
  EXPECT_TRUE(back->assignment.running);
  EXPECT_EQ(back->assignment.changed_at, duty.assignment.changed_at);
}

TEST(FailoverCodecTest, RefusesAMemberThatCannotBe) {
  membership::v1::Member member;
  member.set_station_id("Not A Station");
  EXPECT_EQ(ErrorReason(DecodeMember(member).status()), "INVALID_STATION_ID");
  member.set_station_id("a1");
  (*member.mutable_capabilities()->mutable_counts())["camera.rtsp"] = 0;
  EXPECT_EQ(ErrorReason(DecodeMember(member).status()), "INVALID_CAPABILITIES");
}

TEST(FailoverCodecTest, KnowsTheDutyOfADocument) {
  config_vault::v1::DocumentInfo info;
  info.set_name("duties/gate");
  info.set_revision(4);
  info.set_sha256("hash");
  EXPECT_EQ(DecodeDocument(info)->first, "gate");
  EXPECT_EQ(DecodeDocument(info)->second.revision, 4u);
  info.set_deleted(true);
  EXPECT_EQ(DecodeDocument(info)->second.revision, 0u);
  info.set_name("something/else");
  EXPECT_FALSE(DecodeDocument(info).has_value());
}

TEST(FailoverCodecTest, TakesACopyWithAnErrorAsNone) {
  v1::Staged staged;
  staged.set_duty_id("gate");
  staged.set_document_revision(3);
  staged.set_document_sha256(std::string(32, 'x'));
  EXPECT_EQ(DecodeStaged(staged)->sha256, std::string(32, 'x'));
  staged.set_error("disk full");
  EXPECT_EQ(DecodeStaged(staged)->sha256, "");
}

TEST(FailoverCodecTest, RefusesAHelloThatCannotBe) {
  v1::Hello hello;
  hello.set_station_id("a1");
  EXPECT_TRUE(DecodeHello(hello).ok());
  hello.mutable_holding()->set_duty_id("Not A Duty");
  EXPECT_EQ(ErrorReason(DecodeHello(hello).status()), "INVALID_DUTY");
  hello.clear_holding();
  hello.add_staged()->set_duty_id("gate");
  hello.mutable_staged(0)->set_document_sha256("short");
  EXPECT_EQ(ErrorReason(DecodeHello(hello).status()), "INVALID_HASH");
}

}  // namespace
}  // namespace understudy::failover_orchestrator
