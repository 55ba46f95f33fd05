#include "services/membership/beat_stats_reporter.h"

#include <gtest/gtest.h>

namespace understudy::membership {
namespace {

class BeatStatsReporterTest : public testing::Test {
 protected:
  static SteadyTime At(int64_t seconds) {
    return SteadyTime::FromNanoseconds(seconds * 1'000'000'000);
  }

  metrics::Registry registry_;
  MembershipMetrics metrics_{registry_};
  BeatStats stats_;
  BeatStatsReporter reporter_{stats_, metrics_};
};

TEST_F(BeatStatsReporterTest, AddsOnlyWhatIsNew) {
  const auto bad_mac = static_cast<size_t>(BeatResult::kBadMac);
  stats_.results[bad_mac] = 3;
  stats_.kernel_drops = 2;
  reporter_.Publish(At(1));
  reporter_.Publish(At(2));
  EXPECT_EQ(metrics_.beats[bad_mac].Value(), 3);
  EXPECT_EQ(metrics_.beat_kernel_drops.Value(), 2);
  stats_.results[bad_mac] = 4;
  stats_.answers = 9;
  reporter_.Publish(At(3));
  EXPECT_EQ(metrics_.beats[bad_mac].Value(), 4);
  EXPECT_EQ(metrics_.beat_answers.Value(), 9);
}

TEST_F(BeatStatsReporterTest, LogsBadInputOncePerTenSeconds) {
  const auto replayed = static_cast<size_t>(BeatResult::kReplayed);
  testing::internal::CaptureStderr();
  for (int second = 1; second <= 15; ++second) {
    stats_.results[replayed] += 100;
    reporter_.Publish(At(second));
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("replayed 100"), std::string::npos) << log;
  EXPECT_NE(log.find("replayed 1000"), std::string::npos) << log;
  EXPECT_EQ(log.find("replayed 1500"), std::string::npos) << log;
}

TEST_F(BeatStatsReporterTest, DoesNotLogWhatIsNormal) {
  testing::internal::CaptureStderr();
  stats_.results[static_cast<size_t>(BeatResult::kOk)] = 1000;
  stats_.results[static_cast<size_t>(BeatResult::kLate)] = 10;
  stats_.results[static_cast<size_t>(BeatResult::kEndedSession)] = 10;
  reporter_.Publish(At(1));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace understudy::membership
