#include "services/membership/shared_sessions.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace understudy::membership {
namespace {

class SharedSessionsTest : public testing::Test {
 protected:
  static beat::Packet BeatOf(const SessionTable::Opened& session, beat::Beat beat) {
    beat.session_id = session.session_id;
    return beat::EncodeBeat(beat, session.key);
  }
  SharedSessions::Outcome Accept(const std::vector<beat::Packet>& packets) {
    std::vector<SharedSessions::Bytes> batch(packets.begin(), packets.end());
    SharedSessions::Outcome outcome;
    sessions_.AcceptBatch(batch, now_, outcome);
    return outcome;
  }
  static uint32_t Count(const SharedSessions::Outcome& outcome, BeatResult result) {
    return outcome.counts[static_cast<size_t>(result)];
  }

  const SteadyTime now_ = SteadyTime::FromNanoseconds(5);
  HeardTimes heard_{8};
  SharedSessions sessions_{heard_};
};

TEST_F(SharedSessionsTest, AnswersThoseWhoAsk) {
  const auto a = *sessions_.Open(now_);
  const auto b = *sessions_.Open(now_);
  const auto outcome =
      Accept({BeatOf(a, {.sequence = 1}), BeatOf(b, {.answer_requested = true, .sequence = 1})});
  EXPECT_EQ(Count(outcome, BeatResult::kOk), 2u);
  ASSERT_EQ(outcome.replies.size(), 1u);
  EXPECT_EQ(outcome.replies[0].index, 1u);
}

TEST_F(SharedSessionsTest, AnswersAnEndedSessionUnasked) {
  const auto session = *sessions_.Open(now_);
  sessions_.End(session.slot);
  const auto outcome = Accept({BeatOf(session, {.sequence = 1})});
  ASSERT_EQ(outcome.replies.size(), 1u);
  beat::Answer answer;
  EXPECT_EQ(beat::DecodeAnswer(outcome.replies[0].packet, session.key, answer), beat::Outcome::kOk);
  EXPECT_TRUE(answer.session_ended);
}

TEST_F(SharedSessionsTest, AnswersNothingThatIsForgedReplayedOrUnknown) {
  const auto session = *sessions_.Open(now_);
  SessionTable::Opened forger = session;
  forger.key = beat::SessionKey::Generate();
  SessionTable::Opened unknown = session;
  unknown.session_id = 99;
  const beat::Beat asking = {.answer_requested = true, .sequence = 1};
  const auto outcome = Accept({BeatOf(forger, asking), BeatOf(unknown, asking),
                               BeatOf(session, asking), BeatOf(session, asking)});
  EXPECT_EQ(Count(outcome, BeatResult::kReplayed), 1u);
  EXPECT_EQ(outcome.replies.size(), 1u);
}

TEST_F(SharedSessionsTest, NamesTheSlotsWhoseHealthChanged) {
  const auto session = *sessions_.Open(now_);
  const auto outcome = Accept({BeatOf(session, {.health = 2, .sequence = 1}),
                               BeatOf(session, {.health = 3, .sequence = 2})});
  EXPECT_EQ(outcome.health_changed, std::vector<Slot>{session.slot});
  EXPECT_EQ(sessions_.TakeHealth(session.slot), 3);
}

TEST_F(SharedSessionsTest, IsUsedFromTwoThreads) {
  const auto steady = *sessions_.Open(now_);
  std::atomic<bool> stop = false;
  std::thread receiver([&] {
    for (uint64_t sequence = 1; !stop; ++sequence) Accept({BeatOf(steady, {.sequence = sequence})});
  });
  for (int i = 0; i < 1000; ++i) {
    const auto session = *sessions_.Open(now_);
    heard_.Get(steady.slot);
    sessions_.End(session.slot);
  }
  stop = true;
  receiver.join();
  EXPECT_EQ(sessions_.live(), 1u);
}

}  // namespace
}  // namespace understudy::membership
