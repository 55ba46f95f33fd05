#include "services/membership/session_table.h"

#include <gtest/gtest.h>

#include <string>

namespace understudy::membership {
namespace {

SteadyTime At(int64_t milliseconds) {
  return SteadyTime::FromNanoseconds(milliseconds * 1'000'000);
}

class SessionTableTest : public testing::Test {
 protected:
  beat::Packet BeatOf(const SessionTable::Opened& session, uint64_t sequence,
                      uint16_t health = 0) const {
    return beat::EncodeBeat(
        {.health = health, .session_id = session.session_id, .sequence = sequence}, session.key);
  }
  BeatResult Send(const SessionTable::Opened& session, uint64_t sequence, int64_t at) {
    return table_.Accept(BeatOf(session, sequence), At(at)).result;
  }

  HeardTimes heard_{2};
  SessionTable table_{heard_};
};

TEST_F(SessionTableTest, NotesWhenASessionWasHeard) {
  const auto session = *table_.Open(At(5));
  EXPECT_EQ(heard_.Get(session.slot), At(5));
  EXPECT_EQ(Send(session, 1, 100), BeatResult::kOk);
  EXPECT_EQ(heard_.Get(session.slot), At(100));
}

TEST_F(SessionTableTest, GivesEachSessionItsOwnIdAndKey) {
  const auto first = *table_.Open(At(0));
  const auto second = *table_.Open(At(0));
  EXPECT_NE(first.session_id, second.session_id);
  EXPECT_NE(first.key.ToBytes(), second.key.ToBytes());
  EXPECT_GT(first.session_id, 0xffffffffull);
}

TEST_F(SessionTableTest, RefusesAForgedBeatAndDoesNotNoteIt) {
  const auto session = *table_.Open(At(0));
  const auto other = *table_.Open(At(0));
  SessionTable::Opened forger = session;
  forger.key = other.key;
  EXPECT_EQ(Send(forger, 1, 100), BeatResult::kBadMac);
  EXPECT_EQ(heard_.Get(session.slot), At(0));
}

TEST_F(SessionTableTest, AForgedBeatDoesNotSpendItsSequenceNumber) {
  const auto session = *table_.Open(At(0));
  SessionTable::Opened forger = session;
  forger.key = beat::SessionKey::Generate();
  Send(forger, ~0ull, 1);
  EXPECT_EQ(Send(session, 1, 2), BeatResult::kOk);
}

TEST_F(SessionTableTest, RefusesReplayedAndLateBeatsAndDoesNotNoteThem) {
  const auto session = *table_.Open(At(0));
  Send(session, 1, 10);
  Send(session, 3, 20);
  EXPECT_EQ(Send(session, 3, 30), BeatResult::kReplayed);
  EXPECT_EQ(Send(session, 2, 40), BeatResult::kLate);
  EXPECT_EQ(heard_.Get(session.slot), At(20));
}

TEST_F(SessionTableTest, RefusesUnknownSessionsOfAnySlot) {
  const auto session = *table_.Open(At(0));
  SessionTable::Opened unknown = session;
  unknown.session_id ^= uint64_t{1} << 40;
  EXPECT_EQ(Send(unknown, 1, 1), BeatResult::kUnknownSession);
  unknown.session_id = ~0ull;
  EXPECT_EQ(Send(unknown, 1, 1), BeatResult::kUnknownSession);
  unknown.session_id = 0;
  EXPECT_EQ(Send(unknown, 1, 1), BeatResult::kUnknownSession);
}

TEST_F(SessionTableTest, NamesWhatIsWrongWithBytesThatAreNoBeat) {
  const uint8_t bytes[64] = {};
  EXPECT_EQ(table_.Accept(std::span(bytes).first(0), At(0)).result, BeatResult::kTruncated);
  EXPECT_EQ(table_.Accept(std::span(bytes).first(48), At(0)).result, BeatResult::kBadMagic);
  EXPECT_EQ(table_.Accept(bytes, At(0)).result, BeatResult::kTooLong);
}

TEST_F(SessionTableTest, RemembersAnEndedSessionUntilItsSlotIsNeeded) {
  const auto first = *table_.Open(At(0));
  table_.End(first.slot);
  EXPECT_EQ(Send(first, 1, 10), BeatResult::kEndedSession);
  EXPECT_EQ(heard_.Get(first.slot), At(0));
  const auto second = *table_.Open(At(0));
  EXPECT_EQ(Send(first, 2, 10), BeatResult::kEndedSession);
  const auto third = *table_.Open(At(0));
  EXPECT_EQ(third.slot, first.slot);
  EXPECT_EQ(Send(first, 3, 10), BeatResult::kUnknownSession);
  EXPECT_EQ(Send(second, 1, 10), BeatResult::kOk);
  EXPECT_EQ(Send(third, 1, 10), BeatResult::kOk);
}

TEST_F(SessionTableTest, OpensNoMoreThanItHasSlots) {
  table_.Open(At(0));
  table_.Open(At(0));
  EXPECT_FALSE(table_.Open(At(0)).has_value());
  table_.EndAll();
  EXPECT_EQ(table_.live(), 0u);
  EXPECT_TRUE(table_.Open(At(0)).has_value());
}

TEST_F(SessionTableTest, SaysOnceThatHealthChangedUntilItIsTaken) {
  const auto session = *table_.Open(At(0));
  EXPECT_FALSE(table_.Accept(BeatOf(session, 1, 0), At(1)).health_changed);
  EXPECT_TRUE(table_.Accept(BeatOf(session, 2, 3), At(2)).health_changed);
  EXPECT_FALSE(table_.Accept(BeatOf(session, 3, 1), At(3)).health_changed);
  EXPECT_EQ(table_.TakeHealth(session.slot), 1);
  EXPECT_TRUE(table_.Accept(BeatOf(session, 4, 0), At(4)).health_changed);
}

TEST_F(SessionTableTest, SharesTheSequenceBetweenUdpAndTheStream) {
  const auto session = *table_.Open(At(0));
  EXPECT_EQ(Send(session, 1, 10), BeatResult::kOk);
  EXPECT_EQ(table_.AcceptFromStream(session.session_id, 1, 0, At(20)).result,
            BeatResult::kReplayed);
  EXPECT_EQ(table_.AcceptFromStream(session.session_id, 2, 0, At(30)).result, BeatResult::kOk);
  EXPECT_EQ(heard_.Get(session.slot), At(30));
  EXPECT_EQ(table_.AcceptFromStream(77, 3, 0, At(30)).result, BeatResult::kUnknownSession);
}

TEST_F(SessionTableTest, AnswersUnderTheSessionsKey) {
  const auto session = *table_.Open(At(0));
  const beat::Beat beat{.session_id = session.session_id, .sequence = 4, .sender_time_ns = 9};
  beat::Answer answer;
  EXPECT_EQ(beat::DecodeAnswer(table_.MakeAnswer(session.slot, beat, true), session.key, answer),
            beat::Outcome::kOk);
  EXPECT_EQ(answer, (beat::Answer{true, session.session_id, 4, 9}));
}

TEST_F(SessionTableTest, BelievesAHelloOnlyWithProofAndOnlyWhileLive) {
  const auto session = *table_.Open(At(0));
  const auto bytes = beat::HelloProof(session.key, "gate-1");
  const std::string proof(bytes.begin(), bytes.end());
  EXPECT_TRUE(table_.VerifyHello(session.session_id, "gate-1", proof));
  EXPECT_FALSE(table_.VerifyHello(session.session_id, "gate-2", proof));
  table_.End(session.slot);
  EXPECT_FALSE(table_.VerifyHello(session.session_id, "gate-1", proof));
  EXPECT_FALSE(table_.FindLive(session.session_id).has_value());
}

TEST(BeatResultTest, NamesEveryResult) {
  EXPECT_EQ(BeatResultName(BeatResult::kOk), "ok");
  EXPECT_EQ(BeatResultName(BeatResult::kBadMac), "bad_mac");
  EXPECT_EQ(BeatResultName(BeatResult::kLate), "late");
  EXPECT_EQ(static_cast<size_t>(BeatResult::kLate) + 1, kBeatResults);
}

}  // namespace
}  // namespace understudy::membership
