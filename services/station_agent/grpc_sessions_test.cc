// The agent's clients against fake services, over real connections.

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "common/document/compression.h"
#include "common/executor/serial_executor.h"
#include "common/rpc/channel.h"
#include "common/status/status.h"
#include "common/time/system_clock.h"
#include "services/station_agent/control_channels.h"
#include "services/station_agent/grpc_vault_documents.h"
#include "services/station_agent/membership_session.h"
#include "services/station_agent/orders_session.h"
#include "services/station_agent/testing/fake_services.h"
#include "services/station_agent/testing/recording_membership_observer.h"

namespace understudy::station_agent {
namespace {

namespace act = duty_action;
namespace orders_wire = failover_orchestrator::v1;

const Clock& TheClock() {
  static const SystemClock clock;
  return clock;
}

class RecordingOrdersObserver final : public OrdersObserver {
 public:
  AttendHello MakeAttendHello() override {
    AttendHello hello;
    hello.station_id = "gate-1";
    hello.session_id = 5;
    hello.holding = DutyOrder{"gate", {1, 2}, "duties/gate", 7, Sha256Of("x"), true};
    hello.staged = {{"pump", "duties/pump", 3, Sha256Of("y"), 1}};
    return hello;
  }
  void OnAttached() override {}
  void OnDetached(const absl::Status& why) override { detached.Add(why); }
  void OnOrder(SteadyTime, StationOrder order) override { orders.Add(std::move(order)); }
  void OnBadOrder(const absl::Status& why) override { bad.Add(why); }

  Inbox<absl::Status> detached;
  Inbox<StationOrder> orders;
  Inbox<absl::Status> bad;
};

class GrpcSessionsTest : public testing::Test {
 protected:
  GrpcSessionsTest() {
    membership::v1::JoinResponse& response = membership_.join_response;
    response.set_session_id(42);
    response.set_session_key(key_.ToBytes());
    response.set_beat_address(":7101");
    response.mutable_beat_interval()->set_nanos(100'000'000);
    response.set_missed_beats_limit(3);
    response.mutable_lease()->set_nanos(400'000'000);
  }
  ~GrpcSessionsTest() override {
    executor_->Post([this] {
      if (membership_session_ != nullptr) membership_session_->Stop();
      if (orders_session_ != nullptr) orders_session_->Detach();
    });
    executor_->Stop();
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  }

  ControlChannels& Serve() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&membership_);
    builder.RegisterService(&orders_);
    builder.RegisterService(&documents_);
    server_ = builder.BuildAndStart();
    const std::string address = "127.0.0.1:" + std::to_string(port);
    channels_.emplace(std::vector<ControlNode>{{address, address, address}},
                      [](const std::string& to) { return rpc::MakeInsecureChannel(to); });
    return *channels_;
  }
  void StartMembershipSession() {
    membership_session_ = MakeGrpcMembershipSession(TheClock(), random_, executor_, Serve(),
                                                    membership_observer_);
    executor_->Post([this] { membership_session_->Start(); });
  }
  void StartOrdersSession() {
    orders_session_ =
        MakeGrpcOrdersSession(TheClock(), random_, executor_, Serve(), orders_observer_);
    executor_->Post([this] { orders_session_->Attach(); });
  }
  void Leave(Inbox<absl::Status>& left) {
    executor_->Post([this, &left] {
      membership_session_->Leave("maintenance",
                                 [&left](const absl::Status& status) { left.Add(status); });
    });
  }
  void EndSession(const std::shared_ptr<FakeMembershipService::Session>& stream) {
    stream->Finish(MakeError(absl::StatusCode::kFailedPrecondition, "SESSION_ENDED", "it left"));
    EXPECT_EQ(ErrorReason(membership_observer_.over.Take()), "SESSION_ENDED");
  }
  // Timers run in order: one that was set for a session that has ended has run before this returns.
  void AwaitTheTimeToJoinAgain() {
    Inbox<bool> over;
    executor_->Post([&] {
      executor_->RunAt(TheClock().SteadyNow() + absl::Milliseconds(60), [&] { over.Add(true); });
    });
    EXPECT_TRUE(over.Take());
  }
  static membership::v1::MembershipMessage Welcome() {
    membership::v1::MembershipMessage message;
    message.mutable_welcome()->set_epoch(1);
    return message;
  }

  Random random_{5};
  const beat::SessionKey key_ = beat::SessionKey::Generate();
  FakeMembershipService membership_;
  FakeOrdersService orders_;
  FakeDocumentsService documents_;
  std::unique_ptr<grpc::Server> server_;
  std::optional<ControlChannels> channels_;
  RecordingMembershipObserver membership_observer_;
  RecordingOrdersObserver orders_observer_;
  std::shared_ptr<SerialExecutor> executor_ = std::make_shared<SerialExecutor>("agent", TheClock());
  std::unique_ptr<MembershipSession> membership_session_;
  std::unique_ptr<OrdersSession> orders_session_;
};

TEST_F(GrpcSessionsTest, JoinsAndProvesItselfOnTheStream) {
  StartMembershipSession();
  const auto join = membership_.joins.Take();
  EXPECT_EQ(join.station_id(), "gate-1");
  EXPECT_EQ(join.declared_duty().id(), "gate");
  EXPECT_EQ(join.declared_duty().fencing(), config_vault::v1::FENCING_STRICT);
  const JoinedSession session = membership_observer_.joined.Take();
  EXPECT_EQ(session.id, 42u);
  EXPECT_EQ(session.beat_host, "127.0.0.1");
  EXPECT_EQ(session.beat_port, 7101);
  EXPECT_EQ(session.beat_interval, absl::Milliseconds(100));
  EXPECT_EQ(session.lease, absl::Milliseconds(400));
  const auto [stream, hello] = membership_.messages.Take();
  EXPECT_EQ(hello.hello().session_id(), 42u);
  EXPECT_TRUE(beat::VerifyHelloProof(key_, "gate-1", hello.hello().proof()));
  stream->Send(Welcome());
  EXPECT_TRUE(membership_observer_.conversing.Take());
}

TEST_F(GrpcSessionsTest, ReportsAndBeatsOverTheStream) {
  StartMembershipSession();
  const auto stream = membership_.messages.Take().first;
  stream->Send(Welcome());
  membership_observer_.conversing.Take();
  executor_->Post([this] {
    StationReport report;
    report.kind = StationKind::kBackup;
    report.faults = {{HealthFault::kCpu, 0.99, 0.95, "CPU"}};
    report.children = {{"camera-1", "camera", true, absl::UnixEpoch()}};
    membership_session_->SendReport(report);
    membership_session_->SendBeat(9, 1);
  });
  const auto report = membership_.messages.Take().second.report();
  EXPECT_EQ(report.faults(0).fault(), type::v1::HEALTH_FAULT_CPU);
  EXPECT_EQ(report.children(0).id(), "camera-1");
  EXPECT_EQ(membership_.messages.Take().second.beat().sequence(), 9u);
  membership::v1::MembershipMessage answer;
  answer.mutable_beat_answer()->set_sequence(9);
  stream->Send(answer);
  EXPECT_EQ(membership_observer_.answered.Take(), 9u);
}

TEST_F(GrpcSessionsTest, TriesToJoinUntilItIsIn) {
  membership_.fail_joins = 3;
  StartMembershipSession();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(membership_observer_.failed.Take().code(), absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(membership_observer_.joined.Take().id, 42u);
}

TEST_F(GrpcSessionsTest, TakesNoSessionThatMakesNoSense) {
  membership_.join_response.set_session_key("short");
  StartMembershipSession();
  EXPECT_EQ(ErrorReason(membership_observer_.failed.Take()), "BAD_JOIN_RESPONSE");
}

TEST_F(GrpcSessionsTest, JoinsAgainWhenTheSessionIsOver) {
  StartMembershipSession();
  membership_.messages.Take().first->Finish(
      MakeError(absl::StatusCode::kFailedPrecondition, "SESSION_ENDED", "join again"));
  EXPECT_EQ(ErrorReason(membership_observer_.over.Take()), "SESSION_ENDED");
  membership_.joins.Take();
  EXPECT_EQ(membership_.joins.Take().station_id(), "gate-1");
}

TEST_F(GrpcSessionsTest, OpensABrokenStreamAgainInTheSameSession) {
  StartMembershipSession();
  membership_.messages.Take().first->Finish(absl::UnavailableError("broken"));
  EXPECT_EQ(membership_.messages.Take().second.hello().session_id(), 42u);
  membership_.joins.Take();
  EXPECT_TRUE(membership_.joins.empty());
}

TEST_F(GrpcSessionsTest, LeavesWithItsReason) {
  StartMembershipSession();
  membership_observer_.joined.Take();
  Inbox<absl::Status> left;
  Leave(left);
  EXPECT_TRUE(left.Take().ok());
  const auto leave = membership_.leaves.Take();
  EXPECT_EQ(leave.reason(), "maintenance");
  EXPECT_EQ(leave.session_id(), 42u);
}

// Membership ends the session before it answers: whoever joined again then would be said to have
// failed as soon as its agent is gone.
TEST_F(GrpcSessionsTest, DoesNotJoinAgainWhenTheAnswerToLeaveComesAfterTheSessionsEnd) {
  membership_.hold_leaves = true;
  StartMembershipSession();
  const auto stream = membership_.messages.Take().first;
  Inbox<absl::Status> left;
  Leave(left);
  const auto leave = membership_.held_leaves.Take();
  EndSession(stream);
  AwaitTheTimeToJoinAgain();
  leave->Finish(membership::v1::LeaveResponse());
  EXPECT_TRUE(left.Take().ok());
  AwaitTheTimeToJoinAgain();
  EXPECT_EQ(membership_observer_.announcements, 2) << "one to join, one to leave";
  membership_.joins.Take();
  EXPECT_TRUE(membership_.joins.empty());
}

TEST_F(GrpcSessionsTest, JoinsAgainWhenItsSessionHasEndedAndLeavingFails) {
  membership_.hold_leaves = true;
  StartMembershipSession();
  const auto stream = membership_.messages.Take().first;
  membership_.joins.Take();
  Inbox<absl::Status> left;
  Leave(left);
  const auto leave = membership_.held_leaves.Take();
  EndSession(stream);
  AwaitTheTimeToJoinAgain();
  EXPECT_TRUE(membership_.joins.empty());
  leave->Fail(absl::UnavailableError("not root"));
  EXPECT_EQ(left.Take().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(membership_.joins.Take().station_id(), "gate-1");
}

TEST_F(GrpcSessionsTest, SaysWhatItHoldsAndKeepsWhenItAttaches) {
  StartOrdersSession();
  const auto hello = orders_.replies.Take().second.hello();
  EXPECT_EQ(hello.session_id(), 5u);
  EXPECT_EQ(hello.holding().duty_id(), "gate");
  EXPECT_TRUE(hello.holding().strict_fencing());
  ASSERT_EQ(hello.staged_size(), 1);
  EXPECT_EQ(hello.staged(0).document_sha256(), Sha256ToBytes(Sha256Of("y")));
}

TEST_F(GrpcSessionsTest, TakesOrdersAndSendsReplies) {
  StartOrdersSession();
  const auto stream = orders_.replies.Take().first;
  orders_wire::StationOrder order;
  order.mutable_activate()->set_duty_id("gate");
  order.mutable_activate()->set_epoch(3);
  order.mutable_activate()->set_assignment_number(4);
  order.mutable_activate()->set_document("duties/gate");
  order.mutable_activate()->set_document_revision(7);
  order.mutable_activate()->set_document_sha256(Sha256ToBytes(Sha256Of("x")));
  stream->Send(order);
  const StationOrder got = orders_observer_.orders.Take();
  ASSERT_TRUE(std::holds_alternative<ActivateOrder>(got));
  const DutyOrder& duty = std::get<ActivateOrder>(got).order;
  EXPECT_EQ(duty.mark, (OrderMark{3, 4}));
  EXPECT_EQ(duty.sha256, Sha256Of("x"));
  executor_->Post([this, duty] {
    orders_session_->Reply(act::ReplyRunning{duty, Sha256Of("x"), absl::Microseconds(1500)});
  });
  const auto running = orders_.replies.Take().second.running();
  EXPECT_EQ(running.assignment_number(), 4u);
  EXPECT_EQ(running.took().nanos(), 1'500'000);
}

TEST_F(GrpcSessionsTest, SaysThatAChangeWaitsAndIsAskedForIt) {
  StartOrdersSession();
  const auto stream = orders_.replies.Take().first;
  executor_->Post([this] { orders_session_->Say(ChangeWaits{"gate"}); });
  EXPECT_EQ(orders_.replies.Take().second.change_waits().duty_id(), "gate");
  orders_wire::StationOrder order;
  order.mutable_collect()->set_duty_id("gate");
  stream->Send(order);
  const StationOrder got = orders_observer_.orders.Take();
  ASSERT_TRUE(std::holds_alternative<CollectOrder>(got));
  EXPECT_EQ(std::get<CollectOrder>(got).duty_id, "gate");
  executor_->Post([this] { orders_session_->Say(Collected{"gate", 12, ""}); });
  EXPECT_EQ(orders_.replies.Take().second.collected().document_revision(), 12u);
}

TEST_F(GrpcSessionsTest, RefusesOrdersThatMakeNoSenseAndStaysAttached) {
  StartOrdersSession();
  const auto stream = orders_.replies.Take().first;
  stream->Send(orders_wire::StationOrder());
  orders_wire::StationOrder bad_id;
  bad_id.mutable_unstage()->set_duty_id("../etc");
  stream->Send(bad_id);
  orders_wire::StationOrder bad_hash;
  bad_hash.mutable_stage()->set_duty_id("gate");
  bad_hash.mutable_stage()->set_document("duties/gate");
  bad_hash.mutable_stage()->set_document_sha256("short");
  stream->Send(bad_hash);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(orders_observer_.bad.Take().ok());
  orders_wire::StationOrder good;
  good.mutable_stand_down()->set_duty_id("gate");
  stream->Send(good);
  EXPECT_TRUE(std::holds_alternative<StandDownOrder>(orders_observer_.orders.Take()));
}

TEST_F(GrpcSessionsTest, AttachesAgainWhenTheStreamEnds) {
  StartOrdersSession();
  orders_.replies.Take().first->Finish(absl::UnavailableError("not root"));
  EXPECT_FALSE(orders_observer_.detached.Take().ok());
  EXPECT_TRUE(orders_.replies.Take().second.has_hello());
}

TEST_F(GrpcSessionsTest, GetsDocumentsPackedHoweverTheyCome) {
  documents_.get->set_content("{}");
  const auto vault = MakeGrpcVaultDocuments(Serve());
  Inbox<absl::StatusOr<std::string>> got;
  vault->Get("duties/gate", 7, [&](absl::StatusOr<std::string> packed) { got.Add(packed); });
  const auto packed = got.Take();
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(*Unpack(*packed), "{}");
  const auto request = documents_.gets.Take();
  EXPECT_EQ(request.revision(), 7u);
  EXPECT_EQ(request.encoding(), config_vault::v1::ENCODING_ZSTD);
}

TEST_F(GrpcSessionsTest, PutsDocumentsUnderItsAssignment) {
  documents_.put->mutable_info()->set_revision(12);
  const auto vault = MakeGrpcVaultDocuments(Serve());
  Inbox<std::pair<absl::Status, uint64_t>> put;
  vault->Put({{{"gate", "duties/gate", 0, Sha256Of("{}"), 2}, *Pack("{}")}, 4, "id", "station/a"},
             [&](absl::StatusOr<uint64_t> revision) {
               put.Add({revision.status(), revision.value_or(0)});
             });
  EXPECT_EQ(put.Take().second, 12u);
  const auto request = documents_.puts.Take();
  EXPECT_EQ(request.name(), "duties/gate");
  EXPECT_EQ(request.fence().duty_id(), "gate");
  EXPECT_EQ(request.fence().assignment_number(), 4u);
  EXPECT_EQ(request.request_id(), "id");
  EXPECT_EQ(request.author(), "station/a");
  EXPECT_EQ(request.sha256(), Sha256ToBytes(Sha256Of("{}")));
  EXPECT_FALSE(request.has_expected_revision());
}

TEST_F(GrpcSessionsTest, PassesTheVaultsReasonsOn) {
  documents_.put = MakeError(absl::StatusCode::kFailedPrecondition, "STALE_ASSIGNMENT", "moved");
  const auto vault = MakeGrpcVaultDocuments(Serve());
  Inbox<std::pair<absl::Status, uint64_t>> put;
  vault->Put({{{"gate", "duties/gate", 0, {}, 2}, ""}, 4, "id", "a"},
             [&](absl::StatusOr<uint64_t> revision) {
               put.Add({revision.status(), revision.value_or(0)});
             });
  EXPECT_EQ(ErrorReason(put.Take().first), "STALE_ASSIGNMENT");
}

}  // namespace
}  // namespace understudy::station_agent
