#include "services/station_agent/beat_sender.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

namespace understudy::station_agent {
namespace {

// Without a session there is nothing to do but to wait for one.
constexpr absl::Duration kIdle = absl::Hours(1);
// Slower than this is no busy machine any more, but one that stood still.
constexpr absl::Duration kStandstill = absl::Milliseconds(500);
constexpr int kAnswersPerTurn = 64;
// Beats of a new session, and after a standstill, whose answers are waited for: membership may say
// that the session is over.
constexpr int kAttentiveBeats = 10;
// The round trip of each so many is measured.
constexpr uint64_t kMeasuredBeats = 32;

// A beat that comes late may cost the station its duty. Where the user may not, nothing is lost.
void PreferThisThread() {
  const sched_param parameters = {.sched_priority = 1};
  if (pthread_setschedparam(pthread_self(), SCHED_RR, &parameters) == 0) return;
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), -10);
}

}  // namespace

BeatSender::BeatSender(const Clock& clock, BeatObserver& observer)
    : clock_(clock), observer_(observer), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  thread_ = std::thread([this] { Loop(); });
  pthread_setname_np(thread_.native_handle(), "beats");
}

BeatSender::~BeatSender() {
  stopping_.store(true);
  Wake();
  thread_.join();
  close(wake_fd_);
}

absl::Status BeatSender::SetSession(const Session& session) {
  absl::MutexLock lock(&mutex_);
  session_ = session;
  next_beat_ = clock_.SteadyNow();
  last_answered_ = next_beat_;
  attentive_beats_ = kAttentiveBeats;
  const absl::Status status = socket_.Connect(session.host, session.port);
  Wake();
  return status;
}

void BeatSender::ClearSession() {
  absl::MutexLock lock(&mutex_);
  session_.reset();
  socket_.Close();
}

void BeatSender::SetHealth(uint16_t bits) {
  if (health_.exchange(bits) == bits) return;
  beat_now_.store(true);
  Wake();
}

void BeatSender::Wake() const { (void)eventfd_write(wake_fd_, 1); }

void BeatSender::Loop() {
  PreferThisThread();
  while (!stopping_.load()) {
    const absl::Duration wait = Turn();
    const SteadyTime before = clock_.SteadyNow();
    pollfd entries[] = {{wake_fd_, POLLIN, 0}, {ListeningFd(), POLLIN, 0}};
    const timespec timeout = absl::ToTimespec(wait);
    (void)ppoll(entries, 2, &timeout, nullptr);
    eventfd_t ignored;
    if (entries[0].revents != 0) (void)eventfd_read(wake_fd_, &ignored);
    NoticeStandstill(before, wait);
    if (entries[1].revents != 0) ReceiveAnswers(/*waited=*/true);
  }
}

int BeatSender::ListeningFd() {
  absl::MutexLock lock(&mutex_);
  return listening_ ? socket_.fd() : -1;
}

void BeatSender::NoticeStandstill(SteadyTime before, absl::Duration planned) {
  const absl::Duration late = clock_.SteadyNow() - before - planned;
  if (late <= kStandstill) return;
  {
    absl::MutexLock lock(&mutex_);
    attentive_beats_ = kAttentiveBeats;
  }
  observer_.OnStoodStill(late);
}

absl::Duration BeatSender::Turn() {
  ReceiveAnswers(/*waited=*/false);
  uint64_t unanswered_session = 0;
  absl::Duration wait = kIdle;
  {
    absl::MutexLock lock(&mutex_);
    if (!session_.has_value()) return kIdle;
    const SteadyTime now = clock_.SteadyNow();
    if (now >= next_beat_ || beat_now_.exchange(false)) {
      Send(now);
      if (IsOverdue(now)) unanswered_session = session_->id;
      listening_ = Listens(now);
      // Beats that were missed are not made up for.
      next_beat_ = std::max(next_beat_, now - session_->interval / 2) + session_->interval;
    }
    wait = std::max(next_beat_ - now, absl::ZeroDuration());
  }
  if (unanswered_session != 0) observer_.OnBeatsUnanswered(unanswered_session);
  return wait;
}

bool BeatSender::IsOverdue(SteadyTime now) const {
  return now - last_answered_ > session_->interval * 1.5;
}

bool BeatSender::Listens(SteadyTime now) {
  if (attentive_beats_ > 0) --attentive_beats_;
  return prompt_.load() || attentive_beats_ > 0 || IsOverdue(now) ||
         sequence_.load() % kMeasuredBeats == 0;
}

void BeatSender::Send(SteadyTime now) {
  const beat::Beat beat = {.answer_requested = true,
                           .health = health_.load(),
                           .session_id = session_->id,
                           .sequence = NextSequence(),
                           .sender_time_ns = static_cast<uint64_t>(now.nanoseconds())};
  if (socket_.fd() < 0) return;
  if (socket_.Send(beat::EncodeBeat(beat, session_->key))) observer_.OnBeatSent();
}

void BeatSender::ReceiveAnswers(bool waited) {
  // One byte more than a packet, so that what is too long is seen to be.
  std::array<uint8_t, beat::kPacketSize + 1> buffer;
  for (int i = 0; i < kAnswersPerTurn; ++i) {
    size_t size = 0;
    {
      absl::MutexLock lock(&mutex_);
      if (socket_.fd() >= 0) size = socket_.Receive(buffer);
    }
    if (size == 0) return;
    OnDatagram(std::span<const uint8_t>(buffer.data(), size), waited);
  }
}

void BeatSender::OnDatagram(std::span<const uint8_t> datagram, bool waited) {
  beat::Answer answer;
  const SteadyTime now = clock_.SteadyNow();
  SteadyTime sent_at;
  {
    absl::MutexLock lock(&mutex_);
    if (!session_.has_value()) return;
    const beat::Outcome outcome = beat::DecodeAnswer(datagram, session_->key, answer);
    if (outcome != beat::Outcome::kOk) {
      observer_.OnBadAnswer(outcome);
      return;
    }
    sent_at = SteadyTime::FromNanoseconds(static_cast<int64_t>(answer.sender_time_ns));
    // The MAC says that it is membership's; the time is still held to be ours and past.
    if (answer.session_id != session_->id || sent_at > now || sent_at < last_answered_) return;
    if (!answer.session_ended) last_answered_ = sent_at;
  }
  if (answer.session_ended) {
    observer_.OnBeatSessionEnded(answer.session_id);
  } else {
    observer_.OnBeatAnswered(sent_at, waited ? std::optional(now) : std::nullopt);
  }
}

}  // namespace understudy::station_agent
