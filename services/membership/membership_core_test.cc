#include "services/membership/membership_core.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/beat/beat.h"
#include "common/status/status.h"
#include "services/membership/testing/core_fixture.h"

namespace understudy::membership {
namespace {

using Reasons = std::vector<ChangeReason>;

class MembershipCoreTest : public CoreFixture {};

TEST_F(MembershipCoreTest, MakesAJoinerAlive) {
  const auto session = Join(Deployment("gate-1"));
  EXPECT_EQ(Find("gate-1").state, MemberState::kAlive);
  EXPECT_EQ(Find("gate-1").session_id, session.session_id);
  EXPECT_EQ(TakeReasons(), Reasons{ChangeReason::kJoined});
}

TEST_F(MembershipCoreTest, FailsAJoinerThatFallsSilent) {
  const auto session = Join(Deployment("gate-1"));
  Beat(session);
  Run(absl::Milliseconds(320));
  const Member& member = Find("gate-1");
  EXPECT_EQ(member.state, MemberState::kFailed);
  EXPECT_EQ(member.verdict, Verdict::kCrashed);
  EXPECT_EQ(member.evidence.missed_beats, 3u);
  EXPECT_FALSE(member.evidence.stream_open);
  EXPECT_EQ(member.session_id, 0u);
  EXPECT_EQ(TakeReasons(), (Reasons{ChangeReason::kJoined, ChangeReason::kFailed}));
}

TEST_F(MembershipCoreTest, SuspectsAStationWithWorkBeforeItFailsIt) {
  const auto deployment = Join(Deployment("gate-1"));
  const auto backup = Join(Backup("spare-1"));
  Beat(deployment);
  Beat(backup);
  TakeReasons();
  Run(absl::Milliseconds(290));
  const auto events = core_.TakeOutput().events;
  ASSERT_FALSE(events.empty());
  for (const Event& event : events) {
    EXPECT_EQ(event.reason, ChangeReason::kSuspected);
    EXPECT_EQ(event.member->id(), "gate-1");
    EXPECT_EQ(event.member->state, MemberState::kAlive);
  }
  Beat(deployment);
  Run(absl::Milliseconds(200));
  EXPECT_EQ(Find("gate-1").state, MemberState::kAlive);
}

TEST_F(MembershipCoreTest, SaysInTheEvidenceThatTheStreamWasOpen) {
  const auto session = Join(Deployment("gate-1"));
  ASSERT_TRUE(OpenStream("gate-1", session).ok());
  Run(absl::Milliseconds(320));
  EXPECT_TRUE(Find("gate-1").evidence.stream_open);
  EXPECT_NE(Find("gate-1").evidence.summary.find("stream was open"), std::string::npos);
}

TEST_F(MembershipCoreTest, EndsTheSessionOfAFailedStation) {
  const auto session = Join(Deployment("gate-1"));
  Beat(session);
  Run(absl::Milliseconds(320));
  EXPECT_EQ(core_.TakeOutput().ended_sessions, std::vector<uint64_t>{session.session_id});
  EXPECT_EQ(Beat(session), BeatResult::kEndedSession);
}

TEST_F(MembershipCoreTest, EndsTheFirstSessionWhenAStationJoinsAgain) {
  const auto first = Join(Deployment("gate-1"));
  const auto second = Join(Deployment("gate-1"));
  EXPECT_EQ(Beat(first), BeatResult::kEndedSession);
  EXPECT_EQ(Beat(second), BeatResult::kOk);
  EXPECT_EQ(Find("gate-1").session_id, second.session_id);
  EXPECT_EQ(core_.TakeOutput().ended_sessions, std::vector<uint64_t>{first.session_id});
}

TEST_F(MembershipCoreTest, ForgetsTheLastLifesReportsWhenAStationJoinsAgain) {
  const auto first = Join(Deployment("gate-1"));
  Report(first, {.duty_id = "gate", .faults = {{.fault = 4}}, .children = {{.id = "cam"}}});
  ASSERT_EQ(Find("gate-1").state, MemberState::kFailed);
  Join(Backup("gate-1"));
  EXPECT_EQ(Find("gate-1").state, MemberState::kAlive);
  EXPECT_EQ(Find("gate-1").duty_id, "");
  EXPECT_EQ(Find("gate-1").faults(), 0);
  EXPECT_TRUE(Find("gate-1").children->empty());
}

TEST_F(MembershipCoreTest, ExpectsWhomTheVaultKnows) {
  StationRecord left = Backup("gone");
  left.has_left = true;
  core_.Expect({Deployment("gate-1"), left}, Now());
  EXPECT_EQ(Find("gate-1").state, MemberState::kExpected);
  EXPECT_EQ(Find("gate-1").session_id, 0u);
  EXPECT_EQ(Find("gone").state, MemberState::kLeft);
  EXPECT_TRUE(TakeReasons().empty());
  EXPECT_EQ(core_.LastHeard(Find("gate-1"), Now()), absl::InfinitePast());
}

TEST_F(MembershipCoreTest, FailsAnExpectedStationOnlyAfterTheLongFirstDeadline) {
  core_.Expect({Deployment("gate-1")}, Now());
  Run(absl::Milliseconds(2950));
  EXPECT_EQ(Find("gate-1").state, MemberState::kExpected);
  Run(absl::Milliseconds(100));
  EXPECT_EQ(Find("gate-1").state, MemberState::kFailed);
  EXPECT_EQ(Find("gate-1").verdict, Verdict::kCrashed);
  EXPECT_TRUE(core_.TakeOutput().ended_sessions.empty());
}

TEST_F(MembershipCoreTest, DoesNotFailAnExpectedStationThatJoins) {
  core_.Expect({Deployment("gate-1")}, Now());
  const auto session = Join(Deployment("gate-1"));
  for (int i = 0; i < 50; ++i) {
    Beat(session);
    Run(absl::Milliseconds(100));
  }
  EXPECT_EQ(Find("gate-1").state, MemberState::kAlive);
  EXPECT_EQ(TakeReasons(), Reasons{ChangeReason::kJoined});
}

TEST_F(MembershipCoreTest, LetsAStationLeaveWithoutAFailure) {
  const auto session = Join(Deployment("gate-1"));
  ASSERT_TRUE(core_.Leave("gate-1", session.session_id, Now()).ok());
  Run(absl::Seconds(10));
  EXPECT_EQ(Find("gate-1").state, MemberState::kLeft);
  const auto output = core_.TakeOutput();
  ASSERT_EQ(output.records.size(), 1u);
  EXPECT_TRUE(output.records[0].has_left);
  ASSERT_EQ(output.events.size(), 2u);
  EXPECT_EQ(output.events[1].reason, ChangeReason::kLeft);
  EXPECT_EQ(output.ended_sessions.size(), 1u);
}

TEST_F(MembershipCoreTest, RefusesToLetAnotherSessionLeave) {
  const auto first = Join(Deployment("gate-1"));
  const auto second = Join(Deployment("gate-2"));
  EXPECT_EQ(ErrorReason(core_.Leave("gate-1", second.session_id, Now())), "SESSION_NOT_FOUND");
  EXPECT_EQ(ErrorReason(core_.Leave("gate-1", 77, Now())), "SESSION_NOT_FOUND");
  ASSERT_TRUE(core_.Leave("gate-1", first.session_id, Now()).ok());
  EXPECT_EQ(ErrorReason(core_.Leave("gate-1", first.session_id, Now())), "SESSION_NOT_FOUND");
}

TEST_F(MembershipCoreTest, RefusesOneStationTooMany) {
  for (const char* id : {"a", "b", "c", "d", "e", "f", "g", "h"}) Join(Backup(id));
  EXPECT_EQ(ErrorReason(core_.BeginJoin("i")), "SITE_FULL");
  // Whoever is here may come again.
  EXPECT_TRUE(core_.BeginJoin("a").ok());
}

TEST_F(MembershipCoreTest, CountsThoseWhoAreJoining) {
  for (const char* id : {"a", "b", "c", "d", "e", "f", "g"}) Join(Backup(id));
  EXPECT_TRUE(core_.BeginJoin("h").ok());
  EXPECT_TRUE(core_.BeginJoin("h").ok());
  EXPECT_EQ(ErrorReason(core_.BeginJoin("i")), "SITE_FULL");
  core_.AbortJoin("h");
  EXPECT_EQ(ErrorReason(core_.BeginJoin("i")), "SITE_FULL");
  core_.AbortJoin("h");
  EXPECT_TRUE(core_.BeginJoin("i").ok());
}

TEST_F(MembershipCoreTest, ForgetsTheOldestOfManyLeavers) {
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_TRUE(core_.Leave(id, Join(Backup(id)).session_id, Now()).ok());
  }
  EXPECT_EQ(core_.TakeOutput().forgotten, std::vector<std::string>{"a"});
  EXPECT_EQ(core_.table().Find("a"), nullptr);
  EXPECT_NE(core_.table().Find("b"), nullptr);
}

TEST_F(MembershipCoreTest, RefusesAStreamWithoutProof) {
  const auto session = Join(Deployment("gate-1"));
  const auto other = Join(Deployment("gate-2"));
  EXPECT_EQ(ErrorReason(core_.OpenStream("gate-1", session.session_id, "", Now())),
            "SESSION_ENDED");
  EXPECT_EQ(ErrorReason(OpenStream("gate-1", other)), "SESSION_ENDED");
  EXPECT_TRUE(OpenStream("gate-1", session).ok());
}

TEST_F(MembershipCoreTest, KeepsAStationAliveByItsStreamAlone) {
  const auto session = Join(Deployment("gate-1"));
  ASSERT_TRUE(OpenStream("gate-1", session).ok());
  for (uint64_t sequence = 1; sequence <= 30; ++sequence) {
    EXPECT_EQ(*core_.StreamBeat(session.session_id, sequence, 0, Now()), BeatResult::kOk);
    Run(absl::Milliseconds(100));
  }
  EXPECT_EQ(Find("gate-1").state, MemberState::kAlive);
  EXPECT_EQ(*core_.StreamBeat(session.session_id, 30, 0, Now()), BeatResult::kReplayed);
  EXPECT_EQ(ErrorReason(core_.StreamBeat(5, 31, 0, Now()).status()), "SESSION_ENDED");
}

TEST_F(MembershipCoreTest, AStreamThatBreaksIsNoFailure) {
  const auto session = Join(Deployment("gate-1"));
  ASSERT_TRUE(OpenStream("gate-1", session).ok());
  core_.CloseStream(session.session_id);
  Beat(session);
  Run(absl::Milliseconds(200));
  EXPECT_EQ(Find("gate-1").state, MemberState::kAlive);
  EXPECT_FALSE(Find("gate-1").stream_open);
}

TEST_F(MembershipCoreTest, KnowsWhenAMemberWasLastHeard) {
  const auto session = Join(Deployment("gate-1"));
  Beat(session);
  const absl::Time heard = Now().wall;
  Run(absl::Milliseconds(100));
  EXPECT_EQ(core_.LastHeard(Find("gate-1"), Now()), heard);
  Run(absl::Milliseconds(300));
  ASSERT_EQ(Find("gate-1").state, MemberState::kFailed);
  EXPECT_EQ(core_.LastHeard(Find("gate-1"), Now()), heard);
}

}  // namespace
}  // namespace understudy::membership
