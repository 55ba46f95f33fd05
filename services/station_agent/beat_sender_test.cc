#include "services/station_agent/beat_sender.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "absl/synchronization/mutex.h"
#include "common/time/system_clock.h"

namespace understudy::station_agent {
namespace {

class CountingObserver final : public BeatObserver {
 public:
  void OnBeatSent() override { Count(&Counts::sent); }
  void OnBeatAnswered(SteadyTime, std::optional<SteadyTime> answered_at) override {
    Count(&Counts::answered);
    if (answered_at.has_value()) Count(&Counts::measured);
  }
  void OnBeatsUnanswered(uint64_t) override { Count(&Counts::unanswered); }
  void OnBeatSessionEnded(uint64_t) override { Count(&Counts::ended); }
  void OnStoodStill(absl::Duration) override {}
  void OnBadAnswer(beat::Outcome) override { Count(&Counts::bad); }

  struct Counts {
    int sent = 0, answered = 0, measured = 0, unanswered = 0, ended = 0, bad = 0;
  };
  bool WaitFor(int Counts::*count, int at_least) {
    absl::MutexLock lock(&mutex_);
    const auto holds = [&] { return counts_.*count >= at_least; };
    return mutex_.AwaitWithTimeout(absl::Condition(&holds), absl::Minutes(1));
  }
  Counts Get() {
    absl::MutexLock lock(&mutex_);
    return counts_;
  }

 private:
  void Count(int Counts::*count) {
    absl::MutexLock lock(&mutex_);
    ++(counts_.*count);
  }

  absl::Mutex mutex_;
  Counts counts_ ABSL_GUARDED_BY(mutex_);
};

using Counts = CountingObserver::Counts;

// Membership's socket, in the test's hand.
class BeatSenderTest : public testing::Test {
 protected:
  BeatSenderTest() : fd_(socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    const timeval patience = {60, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    session_ = {.id = 42,
                .key = beat::SessionKey::Generate(),
                .host = "127.0.0.1",
                .port = ntohs(address.sin_port),
                .interval = absl::Milliseconds(2),
                .missed_limit = 3};
  }
  ~BeatSenderTest() override { close(fd_); }

  std::optional<beat::Beat> NextBeat() {
    std::array<uint8_t, 100> buffer;
    from_size_ = sizeof from_;
    const ssize_t got = recvfrom(fd_, buffer.data(), buffer.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from_), &from_size_);
    beat::Beat beat;
    if (got <= 0) return std::nullopt;
    const std::span<const uint8_t> bytes(buffer.data(), static_cast<size_t>(got));
    if (beat::DecodeBeat(bytes, session_.key, beat) != beat::Outcome::kOk) return std::nullopt;
    return beat;
  }
  void Send(std::span<const uint8_t> bytes) {
    sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from_), from_size_);
  }
  beat::Answer AnswerTo(const beat::Beat& beat) const {
    return {false, beat.session_id, beat.sequence, beat.sender_time_ns};
  }

  const int fd_;
  sockaddr_storage from_ = {};
  socklen_t from_size_ = 0;
  BeatSender::Session session_;
  const SystemClock clock_;
  CountingObserver observer_;
  BeatSender sender_{clock_, observer_};
};

TEST_F(BeatSenderTest, BeatsWithGrowingSequencesAndAsksForAnswers) {
  ASSERT_TRUE(sender_.SetSession(session_).ok());
  const auto first = NextBeat();
  const auto second = NextBeat();
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(first->session_id, 42u);
  EXPECT_TRUE(first->answer_requested);
  EXPECT_GT(second->sequence, first->sequence);
  EXPECT_GE(second->sender_time_ns, first->sender_time_ns);
}

TEST_F(BeatSenderTest, SaysWhatItHears) {
  ASSERT_TRUE(sender_.SetSession(session_).ok());
  const auto beat = NextBeat();
  ASSERT_TRUE(beat.has_value());
  Send(beat::EncodeAnswer(AnswerTo(*beat), session_.key));
  EXPECT_TRUE(observer_.WaitFor(&Counts::answered, 1));
}

TEST_F(BeatSenderTest, HearsAnAnswerAtOnceInTheFirstBeatsOfASession) {
  session_.interval = absl::Hours(1);
  ASSERT_TRUE(sender_.SetSession(session_).ok());
  const auto beat = NextBeat();
  ASSERT_TRUE(beat.has_value());
  Send(beat::EncodeAnswer(AnswerTo(*beat), session_.key));
  EXPECT_TRUE(observer_.WaitFor(&Counts::measured, 1));
}

TEST_F(BeatSenderTest, ReadsLaterAnswersWithTheNextBeat) {
  session_.interval = absl::Hours(1);
  ASSERT_TRUE(sender_.SetSession(session_).ok());
  constexpr int kBeats = 16;
  for (uint16_t health = 1; health <= kBeats; ++health) {
    const auto beat = NextBeat();
    ASSERT_TRUE(beat.has_value());
    Send(beat::EncodeAnswer(AnswerTo(*beat), session_.key));
    sender_.SetHealth(health);
  }
  EXPECT_TRUE(observer_.WaitFor(&Counts::answered, kBeats));
  EXPECT_LT(observer_.Get().measured, kBeats);
}

TEST_F(BeatSenderTest, HearsEveryAnswerAtOnceWhileALeaseCounts) {
  session_.interval = absl::Hours(1);
  sender_.SetPrompt(true);
  ASSERT_TRUE(sender_.SetSession(session_).ok());
  for (uint16_t health = 1; health <= 16; ++health) {
    const auto beat = NextBeat();
    ASSERT_TRUE(beat.has_value());
    Send(beat::EncodeAnswer(AnswerTo(*beat), session_.key));
    ASSERT_TRUE(observer_.WaitFor(&Counts::answered, health));
    sender_.SetHealth(health);
  }
}

TEST_F(BeatSenderTest, SaysThatBeatsGoUnanswered) {
  ASSERT_TRUE(sender_.SetSession(session_).ok());
  EXPECT_TRUE(observer_.WaitFor(&Counts::unanswered, 1));
}

TEST_F(BeatSenderTest, SaysThatTheSessionIsOver) {
  ASSERT_TRUE(sender_.SetSession(session_).ok());
  const auto beat = NextBeat();
  ASSERT_TRUE(beat.has_value());
  beat::Answer answer = AnswerTo(*beat);
  answer.session_ended = true;
  Send(beat::EncodeAnswer(answer, session_.key));
  EXPECT_TRUE(observer_.WaitFor(&Counts::ended, 1));
}

TEST_F(BeatSenderTest, CountsDatagramsThatAreNoAnswers) {
  ASSERT_TRUE(sender_.SetSession(session_).ok());
  const auto beat = NextBeat();
  ASSERT_TRUE(beat.has_value());
  const beat::SessionKey other = beat::SessionKey::Generate();
  Send(beat::EncodeAnswer(AnswerTo(*beat), other));
  const std::array<uint8_t, 3> junk = {1, 2, 3};
  Send(junk);
  // Its own beat, played back.
  Send(beat::EncodeBeat(*beat, session_.key));
  const std::array<uint8_t, 60> long_junk = {};
  Send(long_junk);
  EXPECT_TRUE(observer_.WaitFor(&Counts::bad, 4));
}

TEST_F(BeatSenderTest, BeatsAtOnceWhenTheHealthChanges) {
  session_.interval = absl::Hours(1);
  ASSERT_TRUE(sender_.SetSession(session_).ok());
  const auto first = NextBeat();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->health, 0);
  sender_.SetHealth(5);
  const auto second = NextBeat();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->health, 5);
}

TEST_F(BeatSenderTest, RefusesAnAddressThatIsNone) {
  session_.host = "no such host.invalid";
  EXPECT_FALSE(sender_.SetSession(session_).ok());
}

}  // namespace
}  // namespace understudy::station_agent
