#include "services/failover_orchestrator/claim_line.h"

#include <gtest/gtest.h>

#include "common/rpc/channel.h"
#include "common/rpc/testing/inbox.h"
#include "common/status/status.h"
#include "services/failover_orchestrator/testing/fake_site.h"
#include "services/failover_orchestrator/vault_registry.h"

namespace understudy::failover_orchestrator {
namespace {

namespace vault = config_vault::v1;
using Answers = rpc::testing::Inbox<absl::StatusOr<vault::ClaimDutyResponse>>;

constexpr absl::Duration kPatience = absl::Minutes(1);

vault::ClaimDutyRequest MakeClaim(uint64_t number) {
  vault::ClaimDutyRequest claim;
  claim.set_epoch(1);
  claim.mutable_assignment()->set_duty_id("gate");
  claim.mutable_assignment()->set_number(number);
  claim.mutable_failover()->set_id("gate-1");
  return claim;
}

class ClaimLineTest : public ::testing::Test {
 protected:
  ~ClaimLineTest() override { line_->Stop(); }

  void Send(vault::ClaimDutyRequest claim) {
    line_->Send(std::move(claim), [this](auto answer) { answers_.Put(std::move(answer)); });
  }
  void Prove() {
    vault::ClaimDutyRequest rehearsal = MakeClaim(1);
    rehearsal.set_validate_only(true);
    line_->Open();
    Send(rehearsal);
    ASSERT_TRUE(answers_.Take().ok());
    ASSERT_TRUE(line_->IsProven());
  }

  FakeSite site_;
  Answers answers_;
  const std::shared_ptr<grpc::Channel> channel_ = rpc::MakeInsecureChannel(site_.address());
  const std::unique_ptr<ClaimLine::Stub> stub_ = vault::Registry::NewStub(channel_);
  std::shared_ptr<ClaimLine> line_ = ClaimLine::Make(*stub_, kPatience);
};

TEST_F(ClaimLineTest, AnswersEachClaimAndGoesOnAfterOneThatIsRefused) {
  Prove();
  Send(MakeClaim(1));
  Send(MakeClaim(7));
  Send(MakeClaim(2));
  EXPECT_EQ(answers_.Take()->assignment().number(), 1u);
  const absl::Status refused = answers_.Take().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(refused), "ASSIGNMENT_MISMATCH");
  EXPECT_EQ(answers_.Take()->assignment().number(), 2u);
  EXPECT_EQ(site_.claims_on_streams(), 3);
}

TEST_F(ClaimLineTest, IsNotProvenBeforeTheVaultHasAnsweredOnIt) {
  EXPECT_FALSE(line_->IsProven());
  site_.SetSilent(true);
  line_->Open();
  Send(MakeClaim(1));
  EXPECT_FALSE(line_->IsProven());
}

TEST_F(ClaimLineTest, RefusesAClaimWhileItIsNotOpen) {
  Send(MakeClaim(1));
  EXPECT_EQ(ErrorReason(answers_.Take().status()), "CLAIM_LINE_BROKEN");
}

TEST_F(ClaimLineTest, SaysThatTheFateOfAClaimIsUnknownWhenTheStreamBreaks) {
  Prove();
  site_.SetSilent(true);
  Send(MakeClaim(1));
  site_.AwaitAssignment("gate", 1);
  site_.BreakStreams();
  EXPECT_EQ(ErrorReason(answers_.Take().status()), "CLAIM_LINE_BROKEN");
  EXPECT_FALSE(line_->IsProven());
  site_.SetSilent(false);
  line_->Open();
  Send(MakeClaim(2));
  EXPECT_TRUE(answers_.Take().ok());
  EXPECT_TRUE(line_->IsProven());
}

TEST_F(ClaimLineTest, DoesNotWaitForAnAnswerForEver) {
  line_->Stop();
  line_ = ClaimLine::Make(*stub_, absl::Milliseconds(20));
  site_.SetSilent(true);
  line_->Open();
  Send(MakeClaim(1));
  const absl::Status status = answers_.Take().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ErrorReason(status), "CLAIM_UNANSWERED");
}

TEST_F(ClaimLineTest, AnswersWhatWaitsWhenItIsStopped) {
  site_.SetSilent(true);
  line_->Open();
  Send(MakeClaim(1));
  line_->Stop();
  EXPECT_EQ(answers_.Take().status().code(), absl::StatusCode::kCancelled);
  line_->Open();
  Send(MakeClaim(2));
  EXPECT_EQ(ErrorReason(answers_.Take().status()), "CLAIM_LINE_BROKEN");
}

TEST_F(ClaimLineTest, TheRegistryClaimsOnTheLineOnceARehearsalHasProvenIt) {
  VaultRegistry registry(channel_, kPatience);
  rpc::testing::Inbox<absl::StatusOr<Assignment>> claimed;
  const auto claim = [&](uint64_t number) {
    ClaimDuty write;
    write.epoch = 1;
    write.assignment.duty_id = "gate";
    write.assignment.number = number;
    registry.Claim(write, [&](auto answer) { claimed.Put(std::move(answer)); });
    return claimed.Take();
  };
  EXPECT_TRUE(claim(1).ok());
  EXPECT_EQ(site_.claims_on_streams(), 0);
  RehearseClaim rehearsal;
  rehearsal.epoch = 1;
  rehearsal.assignment.duty_id = "gate";
  rehearsal.assignment.number = 2;
  registry.Rehearse(rehearsal);
  for (uint64_t number = 2; site_.claims_on_streams() == 0; ++number) {
    EXPECT_TRUE(claim(number).ok());
  }
}

}  // namespace
}  // namespace understudy::failover_orchestrator
