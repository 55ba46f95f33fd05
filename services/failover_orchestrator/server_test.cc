#include "services/failover_orchestrator/server.h"

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/rpc/channel.h"
#include "common/rpc/client_call.h"
#include "common/rpc/client_reader.h"
#include "common/rpc/testing/inbox.h"
#include "common/status/status.h"
#include "services/failover_orchestrator/testing/fake_site.h"
#include "services/failover_orchestrator/testing/fake_station.h"
#include "understudy/failover_orchestrator/v1/failover_orchestrator.grpc.pb.h"

namespace understudy::failover_orchestrator {
namespace {

using config_vault::v1::Failover;
using ::testing::Contains;
using ::testing::HasSubstr;
using Stub = v1::FailoverOrchestrator::Stub;

constexpr absl::Duration kPatience = absl::Minutes(1);

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() { StartServer(); }

  void StartServer() {
    config::ConfigReader reader = config::ConfigReader::FromText(
        absl::StrCat("{listen: '127.0.0.1:0', insecure: true, attach_grace: 0s, vault: '",
                     site_.address(), "', membership: '", site_.address(),
                     "', accept_timeout: 1m, running_timeout: 1m, collect_interval: 100ms}"),
        "test");
    const Config config = ReadConfig(reader);
    ASSERT_TRUE(reader.Finish().ok());
    auto server = Server::Make(config);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    address_ = absl::StrCat("127.0.0.1:", server_->ports().at("grpc"));
    stub_ = v1::FailoverOrchestrator::NewStub(rpc::MakeInsecureChannel(address_));
  }

  // Station a1 holds duty gate, whose document is at revision 5.
  std::unique_ptr<FakeStation> AddDeployment() {
    site_.PutDocument("gate", 5, 'x');
    site_.JoinDeployment("a1", "gate", 4);
    auto station = std::make_unique<FakeStation>(address_, "a1", "gate");
    EXPECT_TRUE(station->TakeOrder().has_hold());
    return station;
  }
  // A backup that is known to be free: its document is being staged.
  std::unique_ptr<FakeStation> AddBackup(const std::string& id, uint32_t cameras) {
    site_.JoinBackup(id, cameras);
    auto station = std::make_unique<FakeStation>(address_, id);
    EXPECT_EQ(station->TakeStage().duty_id(), "gate");
    return station;
  }
  absl::StatusOr<v1::DrillResponse> Drill(const std::string& station, bool dry_run) {
    v1::DrillRequest request;
    request.set_station_id(station);
    request.set_dry_run(dry_run);
    return rpc::CallUnaryAndWait(*stub_->async(), &Stub::async::Drill, request, kPatience);
  }
  absl::StatusOr<v1::GetStatusResponse> TryGetStatus() {
    return rpc::CallUnaryAndWait(*stub_->async(), &Stub::async::GetStatus, v1::GetStatusRequest(),
                                 kPatience);
  }
  v1::GetStatusResponse GetStatus() { return *TryGetStatus(); }

  FakeSite site_;
  std::unique_ptr<Server> server_;
  std::string address_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(ServerTest, MovesADutyOverRealStreams) {
  const auto old_station = AddDeployment();
  const auto spare = AddBackup("b1", 6);
  site_.Fail("a1");
  const v1::StationOrder order = spare->TakeOrder();
  ASSERT_TRUE(order.has_activate());
  EXPECT_EQ(order.activate().duty_id(), "gate");
  EXPECT_EQ(order.activate().assignment_number(), 2u);
  EXPECT_EQ(order.activate().document_revision(), 5u);
  EXPECT_EQ(order.activate().document(), "duties/gate");
  EXPECT_EQ(site_.AwaitAssignment("gate", 2).station_id(), "b1");
  spare->SayAccepted(order.activate());
  spare->SayRunning(order.activate());
  const Failover failover = site_.AwaitFailover("gate-1", Failover::STATE_DONE);
  EXPECT_EQ(failover.from_station(), "a1");
  EXPECT_EQ(failover.to_station(), "b1");
  EXPECT_EQ(failover.running_sha256(), std::string(32, 'x'));
  EXPECT_TRUE(failover.stages().has_recovery());
  EXPECT_TRUE(old_station->TakeOrder().has_stand_down());
}

TEST_F(ServerTest, BringsAnOperatorsDocumentToTheRunningStationAndNotItsOwnBack) {
  const auto old_station = AddDeployment();
  FakeStation running(address_, "a1", "gate", std::string(32, 'x'));
  EXPECT_TRUE(running.TakeOrder().has_hold());
  site_.PutDocument("gate", 6, 'y', "station/a1");
  site_.PutDocument("gate", 7, 'z', "operator/anna");
  const v1::StationOrder order = running.TakeOrder();
  ASSERT_TRUE(order.has_activate());
  EXPECT_EQ(order.activate().assignment_number(), 1u);
  EXPECT_EQ(order.activate().document_revision(), 7u);
  EXPECT_EQ(order.activate().document_sha256(), std::string(32, 'z'));
}

TEST_F(ServerTest, CollectsWhatAStationKeepsAndAsksAgainAfterAFailure) {
  const auto old_station = AddDeployment();
  FakeStation station(address_, "a1", "gate", std::string(32, 'x'));
  EXPECT_TRUE(station.TakeOrder().has_hold());
  v1::StationReply waits;
  waits.mutable_change_waits()->set_duty_id("gate");
  v1::StationReply collected;
  collected.mutable_collected()->set_duty_id("gate");
  for (int i = 0; i < 2; ++i) {
    station.Send(waits);
    const v1::StationOrder order = station.TakeOrder();
    ASSERT_TRUE(order.has_collect());
    EXPECT_EQ(order.collect().duty_id(), "gate");
    station.Send(collected);
  }
  // A failure is asked for again in the next round.
  collected.mutable_collected()->set_error("the vault is away");
  station.Send(waits);
  EXPECT_TRUE(station.TakeOrder().has_collect());
  station.Send(collected);
  EXPECT_TRUE(station.TakeOrder().has_collect());
}

TEST_F(ServerTest, TakesASnapshotOfTheMembersInPartsAsOne) {
  site_.PutDocument("yard", 4, 'y');
  site_.JoinDeployment("a0", "yard", 4);
  FakeStation first(address_, "a0", "yard");
  EXPECT_TRUE(first.TakeOrder().has_hold());
  const auto second = AddDeployment();
  server_.reset();
  StartServer();
  FakeStation first_again(address_, "a0", "yard");
  FakeStation second_again(address_, "a1", "gate");
  EXPECT_TRUE(first_again.TakeOrder().has_hold());
  EXPECT_TRUE(second_again.TakeOrder().has_hold());
  const auto status = GetStatus();
  for (const v1::DutyStatus& duty : status.duties()) EXPECT_FALSE(duty.has_failover());
}

TEST_F(ServerTest, GoesToTheNextSpareWhenOneRefuses) {
  const auto old_station = AddDeployment();
  const auto first = AddBackup("b1", 5);
  const auto second = AddBackup("b2", 6);
  site_.Fail("a1");
  first->SayRefused(first->TakeOrder().activate(), "NATIVE_PROCESS_DEAD");
  const v1::StationOrder order = second->TakeOrder();
  EXPECT_EQ(order.activate().assignment_number(), 3u);
  EXPECT_TRUE(first->TakeOrder().has_stand_down());
}

TEST_F(ServerTest, FinishesAFailoverAfterItsOwnDeath) {
  const auto old_station = AddDeployment();
  auto spare = AddBackup("b1", 6);
  site_.Fail("a1");
  spare->TakeOrder();
  server_.reset();
  StartServer();
  spare = std::make_unique<FakeStation>(address_, "b1");
  const v1::StationOrder order = spare->TakeOrder();
  EXPECT_EQ(order.activate().assignment_number(), 2u);
  spare->SayAccepted(order.activate());
  spare->SayRunning(order.activate());
  EXPECT_EQ(site_.AwaitFailover("gate-1", Failover::STATE_DONE).to_station(), "b1");
}

TEST_F(ServerTest, ComesBackAfterTheVaultAndMembershipWereAway) {
  const auto old_station = AddDeployment();
  const auto spare = AddBackup("b1", 6);
  site_.SetWritable(false);
  site_.BreakStreams();
  site_.Fail("a1");
  site_.SetRole(config_vault::v1::ROLE_ROOT, 9);
  site_.SetWritable(true);
  const v1::StationOrder order = spare->TakeOrder();
  EXPECT_EQ(order.activate().epoch(), 9u);
}

TEST_F(ServerTest, RepeatsAClaimThatTheVaultCouldNotTake) {
  const auto old_station = AddDeployment();
  const auto spare = AddBackup("b1", 6);
  site_.SetWritable(false);
  site_.Fail("a1");
  EXPECT_FALSE(GetStatus().duties(0).failover().duty_id().empty());
  site_.SetWritable(true);
  EXPECT_TRUE(spare->TakeOrder().has_activate());
}

TEST_F(ServerTest, SaysWhatADrillWouldDoAndDoesIt) {
  const auto old_station = AddDeployment();
  const auto spare = AddBackup("b1", 6);
  const auto dry = Drill("a1", true);
  ASSERT_TRUE(dry.ok()) << dry.status();
  EXPECT_EQ(dry->failover().to_station(), "b1");
  v1::DrillRequest request;
  request.set_station_id("a1");
  rpc::testing::Inbox<absl::StatusOr<v1::DrillResponse>> answers;
  rpc::CallUnary(*stub_->async(), &Stub::async::Drill, request, kPatience,
                 [&](absl::StatusOr<v1::DrillResponse> answer) { answers.Put(answer); });
  const v1::StationOrder order = spare->TakeOrder();
  spare->SayAccepted(order.activate());
  spare->SayRunning(order.activate());
  const auto answer = answers.Take();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->failover().state(), Failover::STATE_DONE);
  EXPECT_TRUE(answer->failover().drill());
  const v1::StationOrder stand_down = old_station->TakeOrder();
  EXPECT_EQ(stand_down.stand_down().assignment_number(), 2u);
}

TEST_F(ServerTest, ExplainsWhyADrillCannotBe) {
  const auto old_station = AddDeployment();
  EXPECT_EQ(ErrorReason(Drill("a1", false).status()), "NO_FITTING_BACKUP");
  EXPECT_EQ(ErrorReason(Drill("ghost", false).status()), "STATION_NOT_FOUND");
  EXPECT_EQ(ErrorReason(Drill("No Such Name!", false).status()), "INVALID_STATION_ID");
}

TEST_F(ServerTest, ShowsDutiesSparesAndWarnings) {
  const auto old_station = AddDeployment();
  v1::GetStatusResponse status = GetStatus();
  ASSERT_EQ(status.duties_size(), 1);
  EXPECT_EQ(status.duties(0).duty().assignment().station_id(), "a1");
  EXPECT_EQ(status.duties(0).document_revision(), 5u);
  EXPECT_THAT(status.warnings(), Contains(HasSubstr("duty gate could not be taken over")));
  const auto spare = AddBackup("b1", 6);
  status = GetStatus();
  ASSERT_EQ(status.duties(0).spares_size(), 1);
  EXPECT_EQ(status.duties(0).spares(0).station_id(), "b1");
  EXPECT_EQ(status.duties(0).spares(0).left_over(), 2u);
  EXPECT_TRUE(status.acting());
}

TEST_F(ServerTest, TellsThoseWhoWatch) {
  const auto old_station = AddDeployment();
  site_.Fail("a1");
  site_.AwaitFailover("gate-1", Failover::STATE_WAITING);
  rpc::testing::Inbox<Failover> events;
  rpc::testing::Inbox<absl::Status> ends;
  auto reader = rpc::ClientReader<v1::WatchFailoversResponse>::Start(
      *stub_->async(), &Stub::async::WatchFailovers, v1::WatchFailoversRequest(),
      {.on_message = [&](auto event) { events.Put(event.failover()); },
       .on_done = [&](const absl::Status& status) { ends.Put(status); }});
  EXPECT_EQ(events.Take().state(), Failover::STATE_WAITING);
  site_.JoinBackup("b1", 4);
  const FakeStation spare(address_, "b1");
  Failover event = events.Take();
  while (event.state() == Failover::STATE_WAITING) event = events.Take();
  EXPECT_EQ(event.state(), Failover::STATE_CLAIMED);
  reader->Cancel();
  EXPECT_FALSE(ends.Take().ok());
}

TEST_F(ServerTest, ReadsFailoversFromTheVault) {
  v1::GetFailoverRequest request;
  request.set_failover_id("none-1");
  EXPECT_EQ(ErrorReason(rpc::CallUnaryAndWait(*stub_->async(), &Stub::async::GetFailover, request,
                                              kPatience)
                            .status()),
            "FAILOVER_NOT_FOUND");
  EXPECT_TRUE(rpc::CallUnaryAndWait(*stub_->async(), &Stub::async::ListFailovers,
                                    v1::ListFailoversRequest(), kPatience)
                  .ok());
}

TEST_F(ServerTest, EndsAStreamThatDoesNotBeginWithHello) {
  FakeStation station(address_, "");
  station.SayAccepted(v1::DutyOrder());
  EXPECT_EQ(ErrorReason(station.TakeEnd()), "HELLO_EXPECTED");
}

TEST_F(ServerTest, EndsAStreamWithAHelloThatCannotBe) {
  FakeStation station(address_, "Not A Station");
  EXPECT_EQ(ErrorReason(station.TakeEnd()), "INVALID_STATION_ID");
}

TEST_F(ServerTest, EndsAStreamThatSendsAHashOfTheWrongSize) {
  const auto old_station = AddDeployment();
  const auto spare = AddBackup("b1", 6);
  v1::StationReply reply;
  reply.mutable_staged()->set_duty_id("gate");
  reply.mutable_staged()->set_document_sha256("short");
  spare->Send(reply);
  EXPECT_EQ(ErrorReason(spare->TakeEnd()), "INVALID_HASH");
}

TEST_F(ServerTest, ReplacesTheEarlierStreamOfAStation) {
  const auto first = AddDeployment();
  FakeStation second(address_, "a1", "gate");
  EXPECT_EQ(ErrorReason(first->TakeEnd()), "REPLACED");
  EXPECT_TRUE(second.TakeOrder().has_hold());
}

TEST_F(ServerTest, SendsStationsAwayWhileItIsNoRoot) {
  const auto station = AddDeployment();
  site_.SetRole(config_vault::v1::ROLE_SENTINEL, 0);
  EXPECT_EQ(ErrorReason(station->TakeEnd()), "NOT_ROOT");
  FakeStation another(address_, "b1");
  EXPECT_EQ(ErrorReason(another.TakeEnd()), "NOT_ROOT");
  EXPECT_EQ(ErrorReason(TryGetStatus().status()), "NOT_ROOT");
}

// Membership may hear sooner than we do that this node is root: its stream then tells no second
// snapshot. Found by the simulation of a whole site.
TEST_F(ServerTest, ActsAsRootAgainThoughMembershipsStreamNeverBroke) {
  const auto station = AddDeployment();
  site_.SetRole(config_vault::v1::ROLE_SENTINEL, 2);
  EXPECT_EQ(ErrorReason(station->TakeEnd()), "NOT_ROOT");
  site_.SetRole(config_vault::v1::ROLE_ROOT, 3);
  while (ErrorReason(TryGetStatus().status()) == "NOT_ROOT") {
  }
  FakeStation again(address_, "a1", "gate");
  EXPECT_EQ(again.TakeOrder().hold().epoch(), 3u);
}

}  // namespace
}  // namespace understudy::failover_orchestrator
