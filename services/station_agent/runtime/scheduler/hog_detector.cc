#include "services/station_agent/runtime/scheduler/hog_detector.h"

#include <algorithm>

namespace understudy::station_agent::runtime {

std::optional<HogReport> HogDetector::Observe(const HogSample& sample) {
  if (sample.name == nullptr || sample.switches != first_.switches || first_.name == nullptr) {
    Begin(sample);
    return std::nullopt;
  }
  if (!sample.sleeps) {
    asleep_ = false;
  } else if (!asleep_) {
    asleep_ = true;
    asleep_since_ = sample.time;
  }
  const absl::Duration computed = sample.cpu - first_.cpu;
  const absl::Duration slept = asleep_ ? sample.time - asleep_since_ : absl::ZeroDuration();
  longest_.Keep({sample.name, std::max(computed, slept)});
  if (computed >= limit_) return Report(sample, HogKind::kComputes, computed);
  if (slept >= limit_) return Report(sample, HogKind::kBlocks, slept);
  return std::nullopt;
}

void HogDetector::Begin(const HogSample& sample) {
  first_ = sample;
  reported_ = false;
  asleep_ = sample.sleeps && sample.name != nullptr;
  asleep_since_ = sample.time;
}

std::optional<HogReport> HogDetector::Report(const HogSample& sample, HogKind kind,
                                             absl::Duration so_far) {
  if (reported_) return std::nullopt;
  reported_ = true;
  return HogReport{sample.name, kind, so_far};
}

}  // namespace understudy::station_agent::runtime
