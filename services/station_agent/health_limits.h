#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_HEALTH_LIMITS_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_HEALTH_LIMITS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/time/steady_time.h"
#include "services/station_agent/station_types.h"

namespace understudy::station_agent {

// A value that stays above `above` for `for_at_least` is a fault.
struct HealthLimit {
  double above = 0;
  absl::Duration for_at_least;
};

struct HealthLimitsOptions {
  // Shares, 0 to 1.
  HealthLimit cpu = {0.95, absl::Seconds(10)};
  HealthLimit memory = {0.95, absl::Seconds(10)};
  HealthLimit disk = {0.95, absl::Seconds(10)};
  // Bytes: the larger of what the process says and what the system says. 0: no limit.
  HealthLimit native_process_memory = {0, absl::ZeroDuration()};
  // Longest time without a turn of the native process's main loop. Zero: no limit.
  absl::Duration native_process_silent = absl::Seconds(1);
  // How long a station that holds a duty may be without a native process after the agent's start.
  absl::Duration native_process_start = absl::Seconds(10);
};

// How the station is doing, at one moment.
struct HealthSample {
  double cpu_used = 0;
  double memory_used = 0;
  double disk_used = 0;
  // Said by the process; 0 when it says nothing.
  uint64_t native_reported_memory_bytes = 0;
  // Seen by the system.
  uint64_t native_resident_bytes = 0;
};

// A limit that is passed now.
struct FaultReport {
  HealthFault fault;
  double value = 0;
  double limit = 0;
  // For people: "memory 97 % over 95 % for 10 s".
  std::string summary;

  friend bool operator==(const FaultReport&, const FaultReport&) = default;
};

// Decides from samples which limits a station is past. A fault ends when its value has been within
// the limit as long as it took to become one, and at least kCalm. Pure.
class HealthLimits {
 public:
  static constexpr absl::Duration kCalm = absl::Seconds(2);

  // Without a duty, a station that has no native process is at fault from the start: it cannot
  // take one. With a duty the process has time to start.
  HealthLimits(const HealthLimitsOptions& options, SteadyTime start);

  void OnNativeAttached();
  // A fault from this moment on, until a native process attaches.
  void OnNativeLost();
  void SetHoldsDuty(bool holds);
  // Both return whether the set of faults changed.
  bool OnSample(SteadyTime now, const HealthSample& sample);
  // To be called several times a second while a native process is attached.
  bool OnHeartbeat(SteadyTime now, uint64_t heartbeat);

  // By number of the fault.
  std::vector<FaultReport> Faults() const;
  // Bit (n - 1) for each fault n, as in a beat.
  uint16_t Bits() const;

 private:
  // Since when a value has been on the other side of its limit.
  struct Watch {
    std::optional<SteadyTime> crossing_since;
    std::optional<FaultReport> fault;
  };

  void Judge(SteadyTime now, HealthFault fault, double value, const HealthLimit& limit);
  void JudgeNativeMemory(SteadyTime now, const HealthSample& sample);
  void SetDead(std::string summary);

  const HealthLimitsOptions options_;
  const SteadyTime start_;
  std::map<HealthFault, Watch> watches_;
  bool holds_duty_ = false;
  bool native_attached_ = false;
  bool native_was_attached_ = false;
  uint64_t last_heartbeat_ = 0;
  std::optional<SteadyTime> last_look_;
  // Counted only while we were looking: our own pauses are not the process's silence.
  absl::Duration silent_for_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_HEALTH_LIMITS_H_
