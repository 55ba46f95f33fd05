#include "services/membership/beat_stats_reporter.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace understudy::membership {
namespace {

constexpr absl::Duration kLogEvery = absl::Seconds(10);

// Normal life: a network that reorders, a station that has not yet heard that its session is over.
bool IsHarmless(size_t result) {
  return result == static_cast<size_t>(BeatResult::kOk) ||
         result == static_cast<size_t>(BeatResult::kLate) ||
         result == static_cast<size_t>(BeatResult::kEndedSession);
}

void AddDifference(const metrics::Counter& counter, uint64_t total, uint64_t& published) {
  if (total != published) counter.Add(static_cast<double>(total - published));
  published = total;
}

}  // namespace

void BeatStatsReporter::Publish(SteadyTime now) {
  for (size_t i = 0; i < kBeatResults; ++i) {
    AddDifference(metrics_.beats[i], stats_.results[i], published_[i]);
  }
  AddDifference(metrics_.beat_batches, stats_.batches, batches_);
  AddDifference(metrics_.beat_answers, stats_.answers, answers_);
  AddDifference(metrics_.beat_answers_dropped, stats_.answers_dropped, answers_dropped_);
  AddDifference(metrics_.beat_kernel_drops, stats_.kernel_drops, kernel_drops_);
  if (now >= next_log_) LogBadInput(now);
}

void BeatStatsReporter::LogBadInput(SteadyTime now) {
  std::string text;
  for (size_t i = 0; i < kBeatResults; ++i) {
    const uint64_t count = published_[i] - std::exchange(logged_[i], published_[i]);
    if (count == 0 || IsHarmless(i)) continue;
    const std::string name(BeatResultName(static_cast<BeatResult>(i)));
    absl::StrAppend(&text, text.empty() ? "" : ", ", name, " ", count);
  }
  const uint64_t drops = kernel_drops_ - std::exchange(logged_drops_, kernel_drops_);
  if (drops > 0) log_.Warn("the kernel dropped {} beats: the socket's buffer was full", drops);
  if (!text.empty()) log_.Warn("refused beats: {}", text);
  if (drops > 0 || !text.empty()) next_log_ = now + kLogEvery;
}

}  // namespace understudy::membership
