#include "services/station_agent/health_limits.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace understudy::station_agent {
namespace {

// More than this between two samples is our own pause, not the native process's silence.
constexpr absl::Duration kLongestLook = absl::Milliseconds(500);

const char* NameOf(HealthFault fault) {
  switch (fault) {
    case HealthFault::kCpu:
      return "CPU";
    case HealthFault::kMemory:
      return "memory";
    case HealthFault::kDisk:
      return "disk";
    case HealthFault::kNativeProcessMemory:
      return "native process memory";
    case HealthFault::kNativeProcessDead:
      return "native process dead";
    case HealthFault::kNativeProcessSilent:
      return "native process silent";
  }
  return "unknown";
}

std::string FormatValue(HealthFault fault, double value) {
  if (fault == HealthFault::kNativeProcessMemory) {
    return absl::StrCat(std::llround(value / (1024 * 1024)), " MiB");
  }
  return absl::StrCat(std::llround(value * 100), " %");
}

constexpr char kNotAttached[] = "no native process is attached";

FaultReport MakeReport(HealthFault fault, double value, const HealthLimit& limit) {
  std::string summary = absl::StrCat(NameOf(fault), " ", FormatValue(fault, value), " over ",
                                     FormatValue(fault, limit.above));
  if (limit.for_at_least > absl::ZeroDuration()) {
    absl::StrAppend(&summary, " for ", absl::FormatDuration(limit.for_at_least));
  }
  return {fault, value, limit.above, std::move(summary)};
}

}  // namespace

HealthLimits::HealthLimits(const HealthLimitsOptions& options, SteadyTime start)
    : options_(options), start_(start) {
  SetDead(kNotAttached);
}

void HealthLimits::SetHoldsDuty(bool holds) {
  holds_duty_ = holds;
  if (native_was_attached_) return;
  if (holds) {
    watches_.erase(HealthFault::kNativeProcessDead);
  } else {
    SetDead(kNotAttached);
  }
}

void HealthLimits::OnNativeAttached() {
  native_attached_ = true;
  native_was_attached_ = true;
  last_look_.reset();
  silent_for_ = absl::ZeroDuration();
  watches_.erase(HealthFault::kNativeProcessDead);
  watches_.erase(HealthFault::kNativeProcessSilent);
}

void HealthLimits::OnNativeLost() {
  native_attached_ = false;
  watches_.erase(HealthFault::kNativeProcessSilent);
  watches_.erase(HealthFault::kNativeProcessMemory);
  SetDead("native process has ended");
}

void HealthLimits::SetDead(std::string summary) {
  watches_[HealthFault::kNativeProcessDead].fault =
      FaultReport{HealthFault::kNativeProcessDead, 0, 0, std::move(summary)};
}

bool HealthLimits::OnSample(SteadyTime now, const HealthSample& sample) {
  const uint16_t before = Bits();
  Judge(now, HealthFault::kCpu, sample.cpu_used, options_.cpu);
  Judge(now, HealthFault::kMemory, sample.memory_used, options_.memory);
  Judge(now, HealthFault::kDisk, sample.disk_used, options_.disk);
  if (native_attached_) {
    JudgeNativeMemory(now, sample);
  } else if (holds_duty_ && now - start_ > options_.native_process_start) {
    SetDead(kNotAttached);
  }
  return Bits() != before;
}

void HealthLimits::JudgeNativeMemory(SteadyTime now, const HealthSample& sample) {
  if (options_.native_process_memory.above <= 0) return;
  const uint64_t memory =
      std::max(sample.native_reported_memory_bytes, sample.native_resident_bytes);
  Judge(now, HealthFault::kNativeProcessMemory, static_cast<double>(memory),
        options_.native_process_memory);
}

bool HealthLimits::OnHeartbeat(SteadyTime now, uint64_t heartbeat) {
  const uint16_t before = Bits();
  const absl::Duration limit = options_.native_process_silent;
  if (!native_attached_ || limit == absl::ZeroDuration()) return false;
  if (heartbeat != last_heartbeat_) {
    last_heartbeat_ = heartbeat;
    silent_for_ = absl::ZeroDuration();
    watches_.erase(HealthFault::kNativeProcessSilent);
  } else if (last_look_.has_value()) {
    silent_for_ += std::min(now - *last_look_, kLongestLook);
  }
  last_look_ = now;
  if (silent_for_ > limit) {
    watches_[HealthFault::kNativeProcessSilent].fault = FaultReport{
        HealthFault::kNativeProcessSilent, absl::ToDoubleSeconds(silent_for_),
        absl::ToDoubleSeconds(limit),
        absl::StrCat("native process silent for more than ", absl::FormatDuration(limit))};
  }
  return Bits() != before;
}

void HealthLimits::Judge(SteadyTime now, HealthFault fault, double value,
                         const HealthLimit& limit) {
  Watch& watch = watches_[fault];
  const bool is_above = value > limit.above;
  if (is_above == watch.fault.has_value()) {
    watch.crossing_since.reset();
    if (is_above) watch.fault = MakeReport(fault, value, limit);
    return;
  }
  if (!watch.crossing_since.has_value()) watch.crossing_since = now;
  const absl::Duration patience =
      is_above ? limit.for_at_least : std::max(limit.for_at_least, kCalm);
  if (now - *watch.crossing_since < patience) return;
  watch.crossing_since.reset();
  if (is_above) {
    watch.fault = MakeReport(fault, value, limit);
  } else {
    watch.fault.reset();
  }
}

std::vector<FaultReport> HealthLimits::Faults() const {
  std::vector<FaultReport> faults;
  for (const auto& [fault, watch] : watches_) {
    if (watch.fault.has_value()) faults.push_back(*watch.fault);
  }
  return faults;
}

uint16_t HealthLimits::Bits() const {
  uint16_t bits = 0;
  for (const auto& [fault, watch] : watches_) {
    if (watch.fault.has_value()) bits |= static_cast<uint16_t>(1u << (static_cast<int>(fault) - 1));
  }
  return bits;
}

}  // namespace understudy::station_agent
