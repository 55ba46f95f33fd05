#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_BEAT_STATS_REPORTER_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_BEAT_STATS_REPORTER_H_

#include <array>
#include <cstdint>

#include "absl/time/time.h"
#include "common/log/log.h"
#include "common/time/steady_time.h"
#include "services/membership/beat_receiver.h"
#include "services/membership/membership_metrics.h"

namespace understudy::membership {

// Carries the receiver's totals to the metrics, and bad input to the log: one line per ten seconds
// at most, however much of it there is. Not thread-safe.
class BeatStatsReporter {
 public:
  // Both must outlive the reporter.
  BeatStatsReporter(const BeatStats& stats, const MembershipMetrics& metrics)
      : stats_(stats), metrics_(metrics) {}

  // Every tick.
  void Publish(SteadyTime now);

 private:
  void LogBadInput(SteadyTime now);

  const BeatStats& stats_;
  const MembershipMetrics& metrics_;
  const log::Logger log_{"membership"};
  std::array<uint64_t, kBeatResults> published_ = {};
  uint64_t batches_ = 0;
  uint64_t answers_ = 0;
  uint64_t answers_dropped_ = 0;
  uint64_t kernel_drops_ = 0;
  // What the log has said.
  std::array<uint64_t, kBeatResults> logged_ = {};
  uint64_t logged_drops_ = 0;
  SteadyTime next_log_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_BEAT_STATS_REPORTER_H_
