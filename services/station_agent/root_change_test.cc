// The agent's clients among several control nodes, over real connections.

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "common/control_nodes/root_redirect.h"
#include "common/document/compression.h"
#include "common/executor/serial_executor.h"
#include "common/rpc/channel.h"
#include "common/status/status.h"
#include "common/time/system_clock.h"
#include "services/station_agent/control_channels.h"
#include "services/station_agent/grpc_vault_documents.h"
#include "services/station_agent/membership_session.h"
#include "services/station_agent/testing/fake_services.h"
#include "services/station_agent/testing/recording_membership_observer.h"

namespace understudy::station_agent {
namespace {

const Clock& TheClock() {
  static const SystemClock clock;
  return clock;
}

// A control node on one port.
struct FakeNode {
  FakeNode() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&membership);
    builder.RegisterService(&documents);
    server = builder.BuildAndStart();
    const std::string address = "127.0.0.1:" + std::to_string(port);
    node = {address, address, address};
  }
  ~FakeNode() { Die(); }
  void Die() {
    if (server != nullptr) server->Shutdown(std::chrono::system_clock::now());
    server.reset();
  }
  void BeRoot(uint64_t epoch) {
    membership::v1::JoinResponse response;
    response.set_session_id(epoch * 10);
    response.set_session_key(beat::SessionKey::Generate().ToBytes());
    response.set_beat_address(":7101");
    response.mutable_beat_interval()->set_nanos(20'000'000);
    response.set_missed_beats_limit(3);
    response.set_epoch(epoch);
    membership.SetJoinAnswer(response);
  }
  void BeSentinel(const RootRedirect& root = {}) {
    membership.SetJoinAnswer(MakeNotRootError("not here", root));
  }
  RootRedirect AsRoot(uint64_t epoch) const {
    return {.epoch = epoch, .node_id = "n", .addresses = node};
  }

  FakeMembershipService membership;
  FakeDocumentsService documents;
  std::unique_ptr<grpc::Server> server;
  ControlNode node;
};

class RootChangeTest : public testing::Test {
 protected:
  RootChangeTest() {
    for (FakeNode* node : {&a_, &b_, &c_}) node->BeSentinel();
  }
  ~RootChangeTest() override {
    executor_->Post([this] {
      if (session_ != nullptr) session_->Stop();
    });
    executor_->Stop();
  }
  void StartSession() {
    session_ =
        MakeGrpcMembershipSession(TheClock(), random_, executor_, channels_, observer_);
    executor_->Post([this] { session_->Start(); });
  }
  // Joined at `node` under `epoch`, its stream welcomed.
  std::shared_ptr<FakeMembershipService::Session> JoinAt(FakeNode& node, uint64_t epoch) {
    node.BeRoot(epoch);
    StartSession();
    EXPECT_EQ(observer_.joined.Take().epoch, epoch);
    return WelcomeAt(node, epoch);
  }
  std::shared_ptr<FakeMembershipService::Session> WelcomeAt(FakeNode& node, uint64_t epoch) {
    const auto stream = node.membership.messages.Take().first;
    membership::v1::MembershipMessage welcome;
    welcome.mutable_welcome()->set_epoch(epoch);
    stream->Send(welcome);
    observer_.conversing.Take();
    return stream;
  }

  FakeNode a_;
  FakeNode b_;
  FakeNode c_;
  ControlChannels channels_{
      {a_.node, b_.node, c_.node},
      [](const std::string& address) { return rpc::MakeInsecureChannel(address); }};
  Random random_{5};
  RecordingMembershipObserver observer_;
  std::shared_ptr<SerialExecutor> executor_ = std::make_shared<SerialExecutor>("agent", TheClock());
  std::unique_ptr<MembershipSession> session_;
};

TEST_F(RootChangeTest, JoinsAtTheNodeThatIsRoot) {
  JoinAt(c_, 7);
  EXPECT_EQ(channels_.root(), c_.node);
}

TEST_F(RootChangeTest, GoesWhereASentinelSaysThatTheRootIs) {
  FakeNode stranger;
  stranger.BeRoot(9);
  a_.BeSentinel(stranger.AsRoot(9));
  StartSession();
  EXPECT_EQ(observer_.joined.Take().epoch, 9u);
  EXPECT_EQ(channels_.root(), stranger.node);
  EXPECT_TRUE(b_.membership.joins.empty());
  executor_->Post([this] { session_->Stop(); });
}

TEST_F(RootChangeTest, WaitsUntilThereIsARoot) {
  StartSession();
  for (int i = 0; i < 7; ++i) EXPECT_EQ(ErrorReason(observer_.failed.Take()), "NOT_ROOT");
  b_.BeRoot(3);
  EXPECT_EQ(observer_.joined.Take().epoch, 3u);
}

TEST_F(RootChangeTest, JoinsAtTheNewRootWhenTheOldOneDies) {
  JoinAt(a_, 3);
  a_.Die();
  b_.BeRoot(4);
  EXPECT_EQ(observer_.joined.Take().epoch, 4u);
  WelcomeAt(b_, 4);
  EXPECT_EQ(channels_.root(), b_.node);
  EXPECT_TRUE(observer_.over.empty()) << "the session was replaced, not lost";
  EXPECT_TRUE(observer_.failed.empty());
}

TEST_F(RootChangeTest, LeavesARootThatSaysThatItIsRootNoLonger) {
  const auto stream = JoinAt(a_, 3);
  b_.BeRoot(4);
  a_.BeSentinel(b_.AsRoot(4));
  stream->Finish(MakeNotRootError("deposed", b_.AsRoot(4)));
  EXPECT_EQ(observer_.joined.Take().epoch, 4u);
  EXPECT_TRUE(c_.membership.joins.empty()) << "it was told where the root is";
}

TEST_F(RootChangeTest, LooksElsewhereWhileTheRootIsSilentAndKeepsItsSession) {
  JoinAt(a_, 3);
  c_.BeSentinel(a_.AsRoot(3));
  a_.membership.joins.Take();
  executor_->Post([this] { session_->OnRootSilent(); });
  b_.membership.joins.Take();
  c_.membership.joins.Take();
  Inbox<uint64_t> session;
  executor_->Post([&] { session.Add(session_->session_id()); });
  EXPECT_EQ(session.Take(), 30u);
  EXPECT_TRUE(a_.membership.joins.empty()) << "it is the one that does not answer";
  b_.BeRoot(4);
  executor_->Post([this] { session_->OnRootSilent(); });
  EXPECT_EQ(observer_.joined.Take().epoch, 4u);
}

TEST_F(RootChangeTest, DoesNotBelieveARootOfAnOlderEpoch) {
  const auto stream = JoinAt(b_, 8);
  a_.BeRoot(7);
  c_.BeRoot(7);
  stream->Finish(MakeError(absl::StatusCode::kFailedPrecondition, "SESSION_ENDED", "join again"));
  b_.BeSentinel();
  absl::Status why;
  do {
    why = observer_.failed.Take();
  } while (ErrorReason(why) == "NOT_ROOT");
  EXPECT_EQ(ErrorReason(why), "STALE_EPOCH") << why;
  EXPECT_TRUE(observer_.joined.empty());
  b_.BeRoot(9);
  EXPECT_EQ(observer_.joined.Take().epoch, 9u);
}

TEST_F(RootChangeTest, DocumentsComeFromAnotherVaultWhereTheRootsIsGone) {
  a_.Die();
  b_.documents.get->set_content("{}");
  const auto vault = MakeGrpcVaultDocuments(channels_);
  Inbox<absl::StatusOr<std::string>> got;
  vault->Get("duties/gate", 7, [&](absl::StatusOr<std::string> packed) { got.Add(packed); });
  const auto packed = got.Take();
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(*Unpack(*packed), "{}");
}

TEST_F(RootChangeTest, WritesGoWhereTheVaultSaysThatTheRootIs) {
  a_.documents.put = MakeNotRootError("not here", c_.AsRoot(5));
  c_.documents.put->mutable_info()->set_revision(12);
  const auto vault = MakeGrpcVaultDocuments(channels_);
  Inbox<std::pair<absl::Status, uint64_t>> put;
  vault->Put({{{"gate", "duties/gate", 0, Sha256Of("{}"), 2}, *Pack("{}")}, 4, "id", "station/a"},
             [&](absl::StatusOr<uint64_t> revision) {
               put.Add({revision.status(), revision.value_or(0)});
             });
  EXPECT_EQ(put.Take().second, 12u);
  EXPECT_EQ(c_.documents.puts.Take().request_id(), "id");
  EXPECT_TRUE(b_.documents.puts.empty());
}

TEST_F(RootChangeTest, WhenNoVaultAnswersTheErrorSaysSo) {
  for (FakeNode* node : {&a_, &b_, &c_}) {
    node->documents.put = MakeNotRootError("not here", a_.AsRoot(5));
  }
  const auto vault = MakeGrpcVaultDocuments(channels_);
  Inbox<absl::Status> put;
  vault->Put({{{"gate", "duties/gate", 0, {}, 2}, ""}, 4, "id", "a"},
             [&](absl::StatusOr<uint64_t> revision) { put.Add(revision.status()); });
  EXPECT_EQ(ErrorReason(put.Take()), "NOT_ROOT");
}

}  // namespace
}  // namespace understudy::station_agent
