#ifndef UNDERSTUDY_COMMON_RPC_BRIEF_WAIT_H_
#define UNDERSTUDY_COMMON_RPC_BRIEF_WAIT_H_

#include "absl/time/time.h"
#include "common/time/steady_time.h"

namespace understudy::rpc {

// How a thread waits for events that come in quick succession: it looks for the next one for a
// moment before it lies down, because to be woken takes longer than many an answer does. It does so
// only after several events that followed soon; when nothing comes in that moment, it lies down,
// and does not look again until as many have followed soon again. So a pause costs one moment, and
// a thread whose events are far apart, or come in small groups, costs nothing. Pure; of one thread.
class BriefWait {
 public:
  // How long it looks.
  static constexpr absl::Duration kMoment = absl::Microseconds(50);
  // What came so soon after it lay down might have been met awake: waking took a part of the time.
  static constexpr absl::Duration kSoon = absl::Microseconds(75);
  // So many in a row. An answer may come in two packets, which say nothing of the next answer.
  static constexpr int kInARow = 8;

  // `look` is asked what has come, 0 for nothing; `lie_down` waits for it; `give_way` lets others
  // run between looks. Returns what came.
  template <typename Look, typename LieDown, typename Now, typename GiveWay>
  int Await(Look look, LieDown lie_down, Now now, GiveWay give_way) {
    const SteadyTime start = now();
    if (soon_ == kInARow) {
      do {
        if (const int came = look(); came != 0) return came;
        give_way();
      } while (now() - start < kMoment);
      soon_ = 0;
      return lie_down();
    }
    const int came = lie_down();
    soon_ = came > 0 && now() - start < kSoon ? soon_ + 1 : 0;
    return came;
  }

 private:
  // Events in a row that followed soon, up to kInARow.
  int soon_ = 0;
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_BRIEF_WAIT_H_
