#include "common/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <thread>
#include <vector>

namespace understudy::metrics {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, CountsAndMeasures) {
  Registry registry;
  const Counter beats = registry.AddCounter("understudy_test_beats_total", "Beats.");
  const Gauge stations = registry.AddGauge("understudy_test_stations", "Stations.");
  const Histogram seconds = registry.AddHistogram("understudy_test_decide_seconds", "Time.");
  beats.Add();
  beats.Add(2);
  stations.Set(5);
  stations.Add(-1);
  seconds.Observe(absl::Milliseconds(3));
  seconds.Observe(0.5);
  EXPECT_EQ(beats.Value(), 3);
  EXPECT_EQ(stations.Value(), 4);
  EXPECT_EQ(seconds.Count(), 2u);
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("understudy_test_beats_total 3"));
  EXPECT_THAT(text, HasSubstr("understudy_test_decide_seconds_bucket{le=\"0.003\"} 1"));
  EXPECT_THAT(text, HasSubstr("understudy_test_decide_seconds_sum 0.503"));
}

TEST(MetricsTest, GivesTheSameSeriesForTheSameNameAndLabels) {
  Registry registry;
  const auto refused = [&registry](const std::string& reason) {
    return registry.AddCounter("understudy_test_refused_total", "Refused.", {{"reason", reason}});
  };
  refused("mac").Add();
  refused("mac").Add();
  refused("size").Add();
  EXPECT_EQ(refused("mac").Value(), 2);
  EXPECT_EQ(refused("size").Value(), 1);
}

TEST(MetricsTest, CountsNothingWithoutARegistry) {
  Counter().Add();
  Gauge().Set(1);
  Gauge().Add(1);
  Histogram().Observe(1.0);
  EXPECT_EQ(Counter().Value(), 0);
  EXPECT_EQ(Gauge().Value(), 0);
  EXPECT_EQ(Histogram().Count(), 0u);
}

TEST(MetricsTest, CountsFromManyThreads) {
  Registry registry;
  const Counter counter = registry.AddCounter("understudy_test_total", "T.");
  const Histogram histogram = registry.AddHistogram("understudy_test_seconds", "T.");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        counter.Add();
        histogram.Observe(0.001);
        registry.AddCounter("understudy_test_total", "T.", {{"n", std::to_string(n % 3)}}).Add();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.Value(), 4000);
  EXPECT_EQ(histogram.Count(), 4000u);
}

TEST(MetricsTest, ContentsPromtool) {
  Registry registry;
  registry.AddBuildInfo("test", "0.1.0");
  registry.AddCounter("understudy_test_beats_total", "Beats.", {{"kind", "udp"}}).Add();
  registry.AddGauge("understudy_test_queue_length", "Tasks that wait.").Set(1);
  registry.AddHistogram("understudy_test_decide_seconds", "Time to decide.").Observe(0.01);
  registry.AddHistogram("understudy_test_document_bytes", "Sizes.", {}, SizeBuckets()).Observe(9);
  const std::string path = ::testing::TempDir() + "/metrics.txt";
  std::ofstream(path) << registry.Text();
  if (std::system("command -v promtool > /dev/null") != 0) GTEST_SKIP() << "no promtool here";
  FILE* promtool = popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
  ASSERT_NE(promtool, nullptr);
  char said[4096] = {};
  const size_t length = fread(said, 1, sizeof(said) - 1, promtool);
  EXPECT_EQ(pclose(promtool), 0) << std::string(said, length);
}

}  // namespace
}  // namespace understudy::metrics
