#include "services/station_agent/device_side.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>

#include "absl/synchronization/notification.h"
#include "common/testing/eventually.h"
#include "common/time/system_clock.h"

namespace understudy::station_agent {
namespace {

class DeviceSideTest : public ::testing::Test {
 protected:
  CoroutineList List(size_t limit) {
    CoroutineList list;
    absl::Notification answered;
    device_side_.ListCoroutines(limit, [&](const CoroutineList& now) {
      list = now;
      answered.Notify();
    });
    answered.WaitForNotification();
    return list;
  }
  bool Shows(const std::string& line) {
    return understudy::testing::Eventually(
        [&] { return registry_.Text().find(line) != std::string::npos; });
  }

  const SystemClock clock_;
  metrics::Registry registry_;
  // What coroutines use outlives them, however a test ends.
  std::atomic<bool> flag_{false};
  DeviceSide device_side_{clock_, registry_};
};

TEST_F(DeviceSideTest, ListsWhatEachCoroutineWaitsFor) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  device_side_.runtime().Spawn(
      [end = ends[0]] {
        char byte = 0;
        EXPECT_EQ(read(end, &byte, 1), 1);
      },
      {.name = "meter"});
  runtime::CoroutineReport meter;
  EXPECT_TRUE(understudy::testing::Eventually([&] {
    for (const auto& report : List(100).coroutines) {
      if (std::string(report.name) == "meter" && report.waits_for != nullptr) meter = report;
    }
    return meter.waits_for != nullptr;
  }));
  EXPECT_EQ(meter.state, runtime::CoroutineState::kWaiting);
  EXPECT_STREQ(meter.waits_for, "read");
  EXPECT_EQ(meter.descriptor, ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), 1);
  EXPECT_TRUE(understudy::testing::Eventually([&] { return List(100).total == 1; }));
  close(ends[0]);
  close(ends[1]);
}

TEST_F(DeviceSideTest, ListsNoMoreThanWasAskedFor) {
  for (int i = 0; i < 3; ++i) {
    device_side_.runtime().Spawn([] { runtime::PauseFor(absl::Minutes(1)); }, {.name = "sleeper"});
  }
  EXPECT_TRUE(understudy::testing::Eventually([&] { return List(2).total == 4; }));
  EXPECT_EQ(List(2).coroutines.size(), 2u);
}

TEST_F(DeviceSideTest, ShowsTheRuntimesCounts) {
  EXPECT_TRUE(Shows("understudy_station_agent_runtime_coroutines_spawned_total 1"));
  EXPECT_TRUE(Shows("understudy_station_agent_runtime_hooked_calls_total{family=\"sleep\"}"));
  EXPECT_TRUE(Shows("understudy_station_agent_runtime_stacks_in_use{class=\"standard\"} 1"));
}

TEST_F(DeviceSideTest, NamesWhoHogsTheThread) {
  device_side_.runtime().Spawn(
      [this] {
        while (!flag_) {
        }
      },
      {.name = "greedy"});
  EXPECT_TRUE(Shows(
      "understudy_station_agent_runtime_hogs_total{coroutine=\"greedy\",kind=\"computes\"} 1"));
  EXPECT_TRUE(Shows("understudy_station_agent_runtime_longest_run_seconds{coroutine=\"greedy\"}"));
  flag_ = true;
  EXPECT_TRUE(understudy::testing::Eventually([&] { return List(10).total == 1; }));
}

TEST_F(DeviceSideTest, StopEndsWhatWaits) {
  device_side_.runtime().Spawn([this] {
    runtime::PauseFor(absl::Hours(1));
    flag_ = true;
  });
  EXPECT_TRUE(understudy::testing::Eventually([&] { return List(10).total == 2; }));
  device_side_.Stop();
  EXPECT_TRUE(flag_);
}

TEST_F(DeviceSideTest, ListsNothingOnceItStopped) {
  device_side_.Stop();
  EXPECT_FALSE(device_side_.ListCoroutines(10, [](const CoroutineList&) { FAIL(); }));
}

}  // namespace
}  // namespace understudy::station_agent
