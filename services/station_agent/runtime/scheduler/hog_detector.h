#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_HOG_DETECTOR_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_HOG_DETECTOR_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/time/steady_time.h"

namespace understudy::station_agent::runtime {

enum class HogKind : uint8_t {
  kComputes,  // used its thread's processor all the time
  kBlocks,    // the thread slept in a call that no hook covers
};

// A coroutine that kept its thread to itself.
struct HogReport {
  std::string name;
  HogKind kind;
  absl::Duration so_far;
};

// One run of a coroutine, from its turn's begin until it yielded, waited or ended.
struct NamedRun {
  const char* name = nullptr;  // lives for ever; null: none yet
  absl::Duration lasted;

  // Whether it took the other's place as the longest.
  bool Keep(const NamedRun& other) {
    if (other.lasted <= lasted) return false;
    *this = other;
    return true;
  }
};

// What a watchdog sees of one thread at one moment.
struct HogSample {
  SteadyTime time;
  uint64_t switches = 0;       // counts changes of the running coroutine
  const char* name = nullptr;  // of the coroutine that runs; null: none
  bool sleeps = false;         // the kernel thread is blocked
  absl::Duration cpu;          // used by the thread so far
};

// Finds, from samples of one thread, coroutines that run for `limit` without yielding. A thread
// that merely got no processor time (a busy machine) is no hog: computing counts by processor time,
// blocking only when the thread slept at each look. Pure: time comes in.
class HogDetector {
 public:
  explicit HogDetector(absl::Duration limit) : limit_(limit) {}

  // A report when the present run passes the limit; once for each run and kind.
  std::optional<HogReport> Observe(const HogSample& sample);

  // The longest run that more than one look fell into, below the limit, too.
  const NamedRun& longest() const { return longest_; }

 private:
  void Begin(const HogSample& sample);
  std::optional<HogReport> Report(const HogSample& sample, HogKind kind, absl::Duration so_far);

  const absl::Duration limit_;
  HogSample first_;
  SteadyTime asleep_since_;
  bool asleep_ = false;
  bool reported_ = false;
  NamedRun longest_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SCHEDULER_HOG_DETECTOR_H_
