#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LEASE_KEEPER_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LEASE_KEEPER_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/time/steady_time.h"

namespace understudy::station_agent {

// How long a duty under strict fencing may run on without a word from membership: a lease counts
// from when the last answered beat was SENT, so that the way there and back only shortens it. Pure.
class LeaseKeeper {
 public:
  // A new session: its lease begins with the first answered beat, or with the join itself, which
  // was sent at `sent_at`. Leases of earlier sessions count no more.
  void OnSession(SteadyTime sent_at, absl::Duration lease) {
    lease_ = lease;
    until_ = sent_at + lease;
    last_answered_ = sent_at;
    sent_.fill({});
  }
  // Remembers when a beat left by the stream, whose answers carry only its sequence.
  void OnStreamBeat(uint64_t sequence, SteadyTime sent_at) {
    sent_[sequence % sent_.size()] = {sequence, sent_at};
  }
  std::optional<SteadyTime> SentAt(uint64_t sequence) const {
    const Sent& sent = sent_[sequence % sent_.size()];
    if (sequence == 0 || sent.sequence != sequence) return std::nullopt;
    return sent.at;
  }
  // A beat that was sent at `sent_at` has been answered.
  void OnAnswered(SteadyTime sent_at) {
    last_answered_ = std::max(last_answered_, sent_at);
    until_ = last_answered_ + lease_;
  }

  // The duty must not run from here on.
  SteadyTime until() const { return until_; }
  bool IsOver(SteadyTime now) const { return now >= until_; }
  SteadyTime last_answered() const { return last_answered_; }

 private:
  struct Sent {
    uint64_t sequence = 0;
    SteadyTime at;
  };

  absl::Duration lease_;
  // Before the first session: over.
  SteadyTime until_;
  SteadyTime last_answered_;
  // Answers to older beats are too late to matter.
  std::array<Sent, 64> sent_ = {};
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LEASE_KEEPER_H_
