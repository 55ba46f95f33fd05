#include "services/station_agent/runtime/scheduler/hog_detector.h"

#include <gtest/gtest.h>

namespace understudy::station_agent::runtime {
namespace {

HogSample At(int ms, uint64_t switches, const char* name, bool sleeps, int cpu_ms) {
  return {SteadyTime::FromNanoseconds(ms * 1'000'000LL), switches, name, sleeps,
          absl::Milliseconds(cpu_ms)};
}

TEST(HogDetectorTest, NamesWhoComputesTooLong) {
  HogDetector detector(absl::Milliseconds(50));
  EXPECT_FALSE(detector.Observe(At(0, 1, "image", false, 0)).has_value());
  EXPECT_FALSE(detector.Observe(At(40, 1, "image", false, 40)).has_value());
  const auto report = detector.Observe(At(60, 1, "image", false, 60));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->name, "image");
  EXPECT_EQ(report->kind, HogKind::kComputes);
  EXPECT_FALSE(detector.Observe(At(80, 1, "image", false, 80)).has_value());
  EXPECT_STREQ(detector.longest().name, "image");
  EXPECT_EQ(detector.longest().lasted, absl::Milliseconds(80));
}

TEST(HogDetectorTest, NamesTheLongestRunBelowTheLimitToo) {
  HogDetector detector(absl::Milliseconds(50));
  detector.Observe(At(0, 1, "short", false, 0));
  detector.Observe(At(10, 1, "short", false, 10));
  detector.Observe(At(20, 2, "long", false, 10));
  EXPECT_FALSE(detector.Observe(At(50, 2, "long", false, 40)).has_value());
  detector.Observe(At(60, 3, "short", false, 40));
  detector.Observe(At(70, 3, "short", false, 50));
  EXPECT_STREQ(detector.longest().name, "long");
  EXPECT_EQ(detector.longest().lasted, absl::Milliseconds(30));
}

TEST(HogDetectorTest, NamesWhoBlocksTheThread) {
  HogDetector detector(absl::Milliseconds(50));
  detector.Observe(At(0, 1, "driver", true, 0));
  const auto report = detector.Observe(At(55, 1, "driver", true, 0));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->kind, HogKind::kBlocks);
}

TEST(HogDetectorTest, AThreadWithoutAProcessorIsNoHog) {
  HogDetector detector(absl::Milliseconds(50));
  for (int ms = 0; ms < 1000; ms += 20) {
    EXPECT_FALSE(detector.Observe(At(ms, 1, "victim", false, ms / 100)).has_value());
  }
}

TEST(HogDetectorTest, WhoYieldsIsNoHog) {
  HogDetector detector(absl::Milliseconds(50));
  for (int ms = 0; ms < 1000; ms += 20) {
    EXPECT_FALSE(detector.Observe(At(ms, static_cast<uint64_t>(ms), "busy", true, ms)).has_value());
  }
  EXPECT_EQ(detector.longest().name, nullptr);
}

TEST(HogDetectorTest, AnIdleThreadIsNoHog) {
  HogDetector detector(absl::Milliseconds(50));
  for (int ms = 0; ms < 1000; ms += 20) {
    EXPECT_FALSE(detector.Observe(At(ms, 3, nullptr, true, 0)).has_value());
  }
}

}  // namespace
}  // namespace understudy::station_agent::runtime
