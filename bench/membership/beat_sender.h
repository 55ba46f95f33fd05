#ifndef UNDERSTUDY_BENCH_MEMBERSHIP_BEAT_SENDER_H_
#define UNDERSTUDY_BENCH_MEMBERSHIP_BEAT_SENDER_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "common/beat/beat.h"
#include "common/beat/session_key.h"
#include "common/time/clock.h"

namespace understudy::bench {

struct Station {
  uint64_t session_id = 0;
  beat::SessionKey key;
  uint64_t sequence = 0;
};

// Plays all stations from one thread and one socket: each beats once per interval, at a phase of
// its own, so that the load is even.
class BeatSender {
 public:
  struct Result {
    uint64_t sent = 0;
    // Beats that the kernel would not take.
    uint64_t refused = 0;
    // The longest time by which a beat was late.
    absl::Duration worst_lag;
    absl::Duration elapsed;
    absl::Duration cpu;
  };

  // Sends to 127.0.0.1:`port`. `clock` must outlive the sender.
  BeatSender(const Clock& clock, int port, std::vector<Station> stations);
  ~BeatSender();
  BeatSender(const BeatSender&) = delete;
  BeatSender& operator=(const BeatSender&) = delete;

  // Every `ask_every`-th beat of a station asks for an answer; 0: none does. Answers are left
  // unread.
  Result Run(absl::Duration interval, absl::Duration duration, uint64_t ask_every);

 private:
  void SendNext(uint64_t count, uint64_t ask_every, Result& result);

  const Clock& clock_;
  const int descriptor_;
  std::vector<Station> stations_;
  // The station whose turn it is.
  size_t turn_ = 0;
};

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_MEMBERSHIP_BEAT_SENDER_H_
