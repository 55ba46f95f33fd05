#ifndef UNDERSTUDY_COMMON_SIM_SIM_TRACE_H_
#define UNDERSTUDY_COMMON_SIM_SIM_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "common/sim/sim_loop.h"

namespace understudy {

// FNV-1a, because std::hash may differ between libraries and a seed's trace must not.
uint64_t StableHash(std::string_view text, uint64_t seed = 0xCBF29CE484222325);

// What happened in a simulated world, as lines of text: "  1.250000 gate-1 crashed", the seconds
// counted from the world's beginning. Keeps the last kMaxLines; the hash is over all lines ever, so
// two runs are the same exactly when their hashes are.
class SimTrace {
 public:
  static constexpr size_t kMaxLines = 20'000;

  // `loop` must outlive the trace.
  explicit SimTrace(SimLoop& loop) : loop_(loop), beginning_(loop.now()) {}

  void Add(std::string_view text);

  const std::deque<std::string>& lines() const { return lines_; }
  uint64_t hash() const { return hash_; }
  // The last `count` lines, each with its line end.
  std::string Tail(size_t count) const;

 private:
  SimLoop& loop_;
  const SteadyTime beginning_;
  std::deque<std::string> lines_;
  uint64_t hash_ = StableHash("");
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_SIM_SIM_TRACE_H_
