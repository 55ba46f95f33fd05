// The whole service over real sockets, with a vault in memory. Nothing here depends on speed: what
// must happen is waited for, and what must not happen has a minute.

#include "services/membership/server.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/beat/session_key.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"
#include "services/membership/testing/membership_harness.h"

namespace understudy::membership {
namespace {

constexpr auto kBackup = type::v1::STATION_KIND_BACKUP;

// A stream of a station that has said hello.
class Talk {
 public:
  explicit Talk(v1::Membership::Stub& stub) : stream_(stub.Converse(&context_)) {}
  ~Talk() { context_.TryCancel(); }

  void Hello(const std::string& id, const v1::JoinResponse& session) {
    v1::StationMessage message;
    message.mutable_hello()->set_station_id(id);
    message.mutable_hello()->set_session_id(session.session_id());
    const auto proof = beat::HelloProof(*beat::SessionKey::FromBytes(session.session_key()), id);
    message.mutable_hello()->set_proof(proof.data(), proof.size());
    Say(message);
  }
  void Say(const v1::StationMessage& message) { stream_->Write(message); }
  v1::MembershipMessage Hear() {
    v1::MembershipMessage message;
    EXPECT_TRUE(stream_->Read(&message));
    return message;
  }
  // Reads on until the stream ends.
  absl::Status End() {
    v1::MembershipMessage message;
    while (stream_->Read(&message)) {
    }
    return FromGrpcStatus(stream_->Finish());
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StationMessage, v1::MembershipMessage>> stream_;
};

class Watch {
 public:
  explicit Watch(v1::Membership::Stub& stub, uint64_t incarnation = 0, uint64_t revision = 0) {
    v1::WatchMembershipRequest request;
    request.set_incarnation(incarnation);
    request.set_after_revision(revision);
    stream_ = stub.WatchMembership(&context_, request);
  }
  ~Watch() { context_.TryCancel(); }

  v1::WatchMembershipResponse Next() {
    v1::WatchMembershipResponse response;
    EXPECT_TRUE(stream_->Read(&response));
    return response;
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchMembershipResponse>> stream_;
};

class ServerTest : public testing::Test {
 protected:
  void Start(const Config& config = MembershipHarness::PatientConfig()) {
    harness_ = std::make_unique<MembershipHarness>(config);
    harness_->WaitUntilServing();
  }
  v1::JoinResponse Join(const std::string& id,
                        type::v1::StationKind kind = type::v1::STATION_KIND_DEPLOYMENT) {
    const auto session = harness_->Join(id, kind);
    EXPECT_TRUE(session.ok()) << session.status();
    return *session;
  }
  absl::Status Leave(const std::string& id, uint64_t session_id) {
    grpc::ClientContext context;
    v1::LeaveRequest request;
    request.set_station_id(id);
    request.set_session_id(session_id);
    v1::LeaveResponse response;
    return FromGrpcStatus(harness_->stub().Leave(&context, request, &response));
  }

  std::unique_ptr<MembershipHarness> harness_;
};

TEST_F(ServerTest, TellsAJoinerItsTerms) {
  Start();
  const v1::JoinResponse session = Join("gate-1");
  EXPECT_NE(session.session_id(), 0u);
  EXPECT_EQ(session.session_key().size(), 32u);
  EXPECT_EQ(session.beat_address(), "127.0.0.1:" + std::to_string(harness_->beat_port()));
  EXPECT_EQ(session.beat_interval().seconds(), 60);
  EXPECT_EQ(session.missed_beats_limit(), 3u);
  EXPECT_EQ(session.lease().seconds(), 180);
  EXPECT_EQ(session.epoch(), 1u);
}

TEST_F(ServerTest, HasTheRecordInTheVaultBeforeItAnswers) {
  Start();
  Join("spare-1", kBackup);
  ASSERT_TRUE(harness_->registry().Find("spare-1").has_value());
  EXPECT_EQ(harness_->registry().Find("spare-1")->kind, StationKind::kBackup);
}

TEST_F(ServerTest, AnswersABeat) {
  Start();
  const v1::JoinResponse session = Join("gate-1");
  BeatClient client(harness_->beat_port());
  const beat::Answer answer = client.BeatUntilAnswered(session);
  EXPECT_FALSE(answer.session_ended);
  EXPECT_EQ(answer.session_id, session.session_id());
  EXPECT_EQ(answer.sender_time_ns, 1000 + answer.sequence);
}

TEST_F(ServerTest, TellsABeatOfAnEndedSessionToJoinAgain) {
  Start();
  const v1::JoinResponse first = Join("gate-1");
  Join("gate-1");
  BeatClient client(harness_->beat_port());
  EXPECT_TRUE(client.BeatUntilAnswered(first).session_ended);
}

TEST_F(ServerTest, CountsBadInputByReasonAndGoesOn) {
  Start();
  const v1::JoinResponse session = Join("gate-1");
  BeatClient client(harness_->beat_port());
  const auto& results = harness_->server().receiver().stats().results;
  const auto count = [&results](BeatResult result) {
    return results[static_cast<size_t>(result)].load();
  };
  const beat::Packet forged = beat::EncodeBeat({.session_id = session.session_id(), .sequence = 1},
                                               beat::SessionKey::Generate());
  const beat::Packet unknown =
      beat::EncodeBeat({.session_id = 1, .sequence = 1}, beat::SessionKey::Generate());
  while (count(BeatResult::kTruncated) == 0 || count(BeatResult::kTooLong) == 0 ||
         count(BeatResult::kBadMagic) == 0 || count(BeatResult::kBadMac) == 0 ||
         count(BeatResult::kUnknownSession) == 0) {
    client.Send({});
    client.Send(std::vector<uint8_t>(47, 'x'));
    client.Send(std::vector<uint8_t>(48, 'x'));
    client.Send(std::vector<uint8_t>(9000, 'x'));
    client.Send({forged.begin(), forged.end()});
    client.Send({unknown.begin(), unknown.end()});
  }
  EXPECT_EQ(count(BeatResult::kOk), 0u);
  EXPECT_FALSE(client.BeatUntilAnswered(session).session_ended);
}

TEST_F(ServerTest, RefusesWhatIsWrongWithAJoinByName) {
  Start();
  v1::JoinRequest request;
  request.set_station_id("Not A Station");
  EXPECT_EQ(ErrorReason(harness_->Join(request).status()), "INVALID_STATION_ID");
  request.set_station_id("gate-1");
  EXPECT_EQ(ErrorReason(harness_->Join(request).status()), "INVALID_KIND");
  request.set_kind(kBackup);
  request.set_credential("a certificate");
  EXPECT_EQ(ErrorReason(harness_->Join(request).status()), "CREDENTIAL_NOT_SUPPORTED");
  request.clear_credential();
  EXPECT_TRUE(harness_->Join(request).ok());
}

TEST_F(ServerTest, RefusesAJoinWhileTheVaultIsAway) {
  Start();
  harness_->registry().FailWith(absl::UnavailableError("down"));
  const absl::Status status = harness_->Join("gate-1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(status), "VAULT_UNAVAILABLE");
  EXPECT_EQ(ErrorReason(harness_->Get("gate-1").status()), "STATION_NOT_FOUND");
  harness_->registry().FailWith(absl::OkStatus());
  EXPECT_TRUE(harness_->Join("gate-1").ok());
}

TEST_F(ServerTest, StandsByWhenItIsNoLongerRoot) {
  Start();
  const v1::JoinResponse session = Join("gate-1");
  harness_->registry().SetRole({.role = Role::kSentinel, .epoch = 2});
  BeatClient client(harness_->beat_port());
  while (!client.BeatUntilAnswered(session).session_ended) {
  }
  EXPECT_EQ(ErrorReason(harness_->Join("gate-1").status()), "NOT_ROOT");
  harness_->registry().SetRole({.role = Role::kRoot, .epoch = 3});
  harness_->WaitUntilServing();
  EXPECT_EQ(harness_->Get("gate-1")->state(), v1::Member::STATE_EXPECTED);
  EXPECT_EQ(Join("gate-1").epoch(), 3u);
}

TEST_F(ServerTest, ShowsWatchersTheSnapshotThenEachChange) {
  Start();
  Join("gate-1");
  Watch watch(harness_->stub());
  const v1::WatchMembershipResponse first = watch.Next();
  ASSERT_EQ(first.snapshot().members_size(), 1);
  EXPECT_EQ(first.snapshot().members(0).state(), v1::Member::STATE_ALIVE);
  Join("spare-1", kBackup);
  const v1::WatchMembershipResponse second = watch.Next();
  EXPECT_EQ(second.incarnation(), first.incarnation());
  EXPECT_EQ(second.revision(), first.revision() + 1);
  EXPECT_EQ(second.changed().reason(), v1::MemberChanged::REASON_JOINED);
  EXPECT_EQ(second.changed().member().station_id(), "spare-1");
}

TEST_F(ServerTest, ResumesAWatchOfTheSameIncarnationOnly) {
  Start();
  Join("gate-1");
  const v1::WatchMembershipResponse first = Watch(harness_->stub()).Next();
  Join("gate-2");
  const v1::WatchMembershipResponse resumed =
      Watch(harness_->stub(), first.incarnation(), first.revision()).Next();
  EXPECT_EQ(resumed.changed().member().station_id(), "gate-2");
  const v1::WatchMembershipResponse other =
      Watch(harness_->stub(), first.incarnation() + 1, first.revision()).Next();
  EXPECT_EQ(other.snapshot().members_size(), 2);
  const v1::WatchMembershipResponse future =
      Watch(harness_->stub(), first.incarnation(), first.revision() + 99).Next();
  EXPECT_TRUE(future.has_snapshot());
}

TEST_F(ServerTest, TellsWatchersOfAFailureWithItsEvidence) {
  Start(MembershipHarness::HastyConfig());
  Watch watch(harness_->stub());
  watch.Next();
  Join("gate-1");
  EXPECT_EQ(watch.Next().changed().reason(), v1::MemberChanged::REASON_JOINED);
  v1::MemberChanged failed = watch.Next().changed();
  // As often as it was looked at before the verdict, or not at all.
  while (failed.reason() == v1::MemberChanged::REASON_SUSPECTED) {
    EXPECT_TRUE(failed.has_next_look());
    failed = watch.Next().changed();
  }
  EXPECT_EQ(failed.reason(), v1::MemberChanged::REASON_FAILED);
  EXPECT_EQ(failed.member().verdict(), type::v1::VERDICT_CRASHED);
  EXPECT_GE(failed.member().evidence().missed_beats(), 3u);
  EXPECT_FALSE(failed.member().evidence().summary().empty());
}

TEST_F(ServerTest, LetsAStationLeave) {
  Start();
  const v1::JoinResponse session = Join("gate-1");
  Talk talk(harness_->stub());
  talk.Hello("gate-1", session);
  talk.Hear();
  EXPECT_EQ(ErrorReason(Leave("gate-1", session.session_id() + 1)), "SESSION_NOT_FOUND");
  EXPECT_TRUE(Leave("gate-1", session.session_id()).ok());
  EXPECT_EQ(harness_->Get("gate-1")->state(), v1::Member::STATE_LEFT);
  EXPECT_EQ(ErrorReason(talk.End()), "SESSION_ENDED");
  while (!harness_->registry().Find("gate-1")->has_left) {
  }
}

TEST_F(ServerTest, TalksOnAStream) {
  Start();
  const v1::JoinResponse session = Join("gate-1");
  Talk talk(harness_->stub());
  talk.Hello("gate-1", session);
  EXPECT_EQ(talk.Hear().welcome().epoch(), 1u);
  v1::StationMessage message;
  message.mutable_beat()->set_sequence(5);
  talk.Say(message);
  EXPECT_EQ(talk.Hear().beat_answer().sequence(), 5u);
  message.mutable_report()->set_duty_id("gate");
  message.mutable_report()->set_kind(kBackup);
  message.mutable_report()->add_children()->set_id("cam-1");
  talk.Say(message);
  message.mutable_beat()->set_sequence(6);
  talk.Say(message);
  talk.Hear();
  const v1::Member member = *harness_->Get("gate-1");
  EXPECT_EQ(member.duty_id(), "gate");
  EXPECT_EQ(member.children_size(), 1);
  EXPECT_EQ(member.kind(), kBackup);
  while (harness_->registry().Find("gate-1")->kind != StationKind::kBackup) {
  }
}

TEST_F(ServerTest, EndsAStreamThatDoesNotProveItsSession) {
  Start();
  v1::JoinResponse session = Join("gate-1");
  session.set_session_key(std::string(32, 'x'));
  Talk forged(harness_->stub());
  forged.Hello("gate-1", session);
  EXPECT_EQ(ErrorReason(forged.End()), "SESSION_ENDED");
  Talk silent(harness_->stub());
  v1::StationMessage beat;
  beat.mutable_beat()->set_sequence(1);
  silent.Say(beat);
  EXPECT_EQ(ErrorReason(silent.End()), "HELLO_EXPECTED");
}

TEST_F(ServerTest, EndsTheStreamOfASessionThatIsOver) {
  Start();
  const v1::JoinResponse session = Join("gate-1");
  Talk talk(harness_->stub());
  talk.Hello("gate-1", session);
  talk.Hear();
  Join("gate-1");
  EXPECT_EQ(ErrorReason(talk.End()), "SESSION_ENDED");
}

TEST_F(ServerTest, ReplacesAnOlderStreamOfTheSameSession) {
  Start();
  const v1::JoinResponse session = Join("gate-1");
  Talk first(harness_->stub());
  first.Hello("gate-1", session);
  first.Hear();
  Talk second(harness_->stub());
  second.Hello("gate-1", session);
  second.Hear();
  EXPECT_EQ(ErrorReason(first.End()), "STREAM_REPLACED");
}

TEST_F(ServerTest, RefusesABadReport) {
  Start();
  const v1::JoinResponse session = Join("gate-1");
  Talk talk(harness_->stub());
  talk.Hello("gate-1", session);
  v1::StationMessage message;
  message.mutable_report()->add_children()->set_id("not an id");
  talk.Say(message);
  EXPECT_EQ(ErrorReason(talk.End()), "INVALID_CHILD_DEVICE_ID");
}

TEST_F(ServerTest, ListsByStationId) {
  Start();
  for (const char* id : {"gate-2", "gate-1", "gate-3"}) Join(id);
  grpc::ClientContext context;
  v1::ListResponse response;
  ASSERT_TRUE(harness_->stub().List(&context, v1::ListRequest(), &response).ok());
  ASSERT_EQ(response.members_size(), 3);
  EXPECT_EQ(response.members(0).station_id(), "gate-1");
  EXPECT_EQ(response.members(2).station_id(), "gate-3");
  EXPECT_FALSE(response.storm_brake());
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(ServerTest, ListsALargeSiteInPages) {
  Start();
  v1::JoinRequest request;
  request.set_kind(kBackup);
  for (int i = 0; i < 16; ++i) request.add_addresses(std::string(256, 'a'));
  constexpr int kStations = 1200;
  for (int i = 0; i < kStations; ++i) {
    request.set_station_id("s-" + std::to_string(i));
    ASSERT_TRUE(harness_->Join(request).ok());
  }
  int listed = 0;
  int pages = 0;
  v1::ListRequest page;
  do {
    grpc::ClientContext context;
    v1::ListResponse response;
    ASSERT_TRUE(harness_->stub().List(&context, page, &response).ok());
    listed += response.members_size();
    page.set_page_token(response.next_page_token());
    ++pages;
  } while (!page.page_token().empty());
  EXPECT_EQ(listed, kStations);
  EXPECT_EQ(pages, 2);
  Watch watch(harness_->stub());
  const v1::WatchMembershipResponse first = watch.Next();
  const v1::WatchMembershipResponse second = watch.Next();
  EXPECT_TRUE(first.snapshot().more_follows());
  EXPECT_FALSE(second.snapshot().more_follows());
  EXPECT_EQ(first.snapshot().members_size() + second.snapshot().members_size(), kStations);
}

}  // namespace
}  // namespace understudy::membership
