#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_BEAT_SENDER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_BEAT_SENDER_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/beat/beat.h"
#include "common/time/clock.h"
#include "services/station_agent/beat_socket.h"

namespace understudy::station_agent {

// Hears of the beats' fate. Called on the beat thread; must not block.
class BeatObserver {
 public:
  virtual ~BeatObserver() = default;
  virtual void OnBeatSent() = 0;
  // A beat that left at `sent_at` was answered; `answered_at` is known only of answers that were
  // waited for.
  virtual void OnBeatAnswered(SteadyTime sent_at, std::optional<SteadyTime> answered_at) = 0;
  // Comes with each beat while answers are overdue: UDP may be blocked.
  virtual void OnBeatsUnanswered(uint64_t session_id) = 0;
  // Membership says that the session is over.
  virtual void OnBeatSessionEnded(uint64_t session_id) = 0;
  // This process (or the machine) stood still for that long.
  virtual void OnStoodStill(absl::Duration gap) = 0;
  // A datagram that is no answer of ours.
  virtual void OnBadAnswer(beat::Outcome outcome) = 0;
};

// Sends the beats of the current session over UDP, on a thread of its own that does nothing else:
// no disk, lock or busy core can delay a beat. Every beat asks for an answer, which is read when
// the next beat goes out, so that an idle station wakes once for each beat and not twice. It is
// waited for while a lease counts, while answers are overdue, in the first beats of a session and
// after a standstill, and now and then to measure the round trip. Thread-safe.
class BeatSender {
 public:
  struct Session {
    uint64_t id = 0;
    beat::SessionKey key;
    // Numeric or a name.
    std::string host;
    uint16_t port = 0;
    absl::Duration interval;
    uint32_t missed_limit = 3;
  };

  // All must outlive the sender. `clock` must be a real one.
  BeatSender(const Clock& clock, BeatObserver& observer);
  ~BeatSender();

  // Beats for this session from now on. UNAVAILABLE when its address cannot be used; beats then go
  // over the stream alone. Resolves names: may block.
  absl::Status SetSession(const Session& session);
  void ClearSession();
  // Sent at once when it changed.
  void SetHealth(uint16_t bits);
  // Answers are wanted at once: a lease lives on them.
  void SetPrompt(bool prompt) { prompt_.store(prompt); }
  // The next number of the session's beats, UDP and stream together.
  uint64_t NextSequence() { return sequence_.fetch_add(1) + 1; }

 private:
  void Loop();
  // One beat, if it is time; then how long to wait.
  absl::Duration Turn();
  void Send(SteadyTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsOverdue(SteadyTime now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the answer to the beat just sent is to be waited for.
  bool Listens(SteadyTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What to poll for answers; -1 while nobody waits for them.
  int ListeningFd();
  // `waited`: they were read as soon as they came.
  void ReceiveAnswers(bool waited);
  void OnDatagram(std::span<const uint8_t> datagram, bool waited);
  void NoticeStandstill(SteadyTime now, absl::Duration planned);
  void Wake() const;

  const Clock& clock_;
  BeatObserver& observer_;
  std::atomic<uint64_t> sequence_{0};
  std::atomic<uint16_t> health_{0};
  std::atomic<bool> beat_now_{false};
  std::atomic<bool> prompt_{false};
  std::atomic<bool> stopping_{false};
  const int wake_fd_;

  absl::Mutex mutex_;
  std::optional<Session> session_ ABSL_GUARDED_BY(mutex_);
  BeatSocket socket_ ABSL_GUARDED_BY(mutex_);
  SteadyTime next_beat_ ABSL_GUARDED_BY(mutex_);
  // When the newest answered beat was sent.
  SteadyTime last_answered_ ABSL_GUARDED_BY(mutex_);
  bool listening_ ABSL_GUARDED_BY(mutex_) = true;
  // Beats whose answers are waited for whatever else holds.
  int attentive_beats_ ABSL_GUARDED_BY(mutex_) = 0;

  std::thread thread_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_BEAT_SENDER_H_
