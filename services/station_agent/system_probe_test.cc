#include "services/station_agent/system_probe.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace understudy::station_agent {
namespace {

TEST(SystemProbeTest, ReadsTheCpusTicks) {
  const auto ticks =
      ParseCpuTicks("cpu  100 5 20 800 60 1 2 12 7 0\ncpu0 50 2 10 400 30 0 1 6 3 0\n");
  ASSERT_TRUE(ticks.has_value());
  EXPECT_EQ(ticks->total, 1000u);
  EXPECT_EQ(ticks->busy, 140u);
}

TEST(SystemProbeTest, ReadsTheMemoryInUse) {
  const auto used = ParseMemoryUsed(
      "MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     250 kB\n");
  ASSERT_TRUE(used.has_value());
  EXPECT_DOUBLE_EQ(*used, 0.75);
}

TEST(SystemProbeTest, ReadsAProcessesResidentPages) {
  EXPECT_EQ(ParseResidentPages("1000 250 90 1 0 200 0\n"), 250u);
}

TEST(SystemProbeTest, TakesNothingFromFilesThatItDoesNotUnderstand) {
  EXPECT_FALSE(ParseResidentPages("").has_value());
  EXPECT_FALSE(ParseResidentPages("7").has_value());
  for (const char* text : {"", "cpu", "cpu 1 2 3", "MemTotal: x", "nonsense 1", "MemTotal: 0 kB"}) {
    EXPECT_FALSE(ParseCpuTicks(text).has_value()) << text;
    EXPECT_FALSE(ParseMemoryUsed(text).has_value()) << text;
  }
}

TEST(SystemProbeTest, LooksAtThisMachine) {
  SystemProbe probe;
  const SystemProbe::Figures figures = probe.Look(static_cast<uint32_t>(getpid()));
  EXPECT_EQ(figures.cpu_used, 0);
  EXPECT_GT(figures.memory_used, 0);
  EXPECT_LE(figures.memory_used, 1);
  EXPECT_GT(figures.resident_bytes, 0u);
  EXPECT_EQ(probe.Look(0).resident_bytes, 0u);
}

TEST(SystemProbeTest, SaysHowFullADiskIs) {
  EXPECT_GT(DiskUsed("/"), 0);
  EXPECT_LE(DiskUsed("/"), 1);
  EXPECT_EQ(DiskUsed("/no/such/directory"), 0);
}

}  // namespace
}  // namespace understudy::station_agent
