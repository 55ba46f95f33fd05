#include "services/membership/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace understudy::membership {
namespace {

constexpr char kLeast[] = "insecure: true\nvault: 127.0.0.1:7102\n";

std::string ProblemsOf(const std::string& text) {
  config::ConfigReader reader = config::ConfigReader::FromText(text, "m.yaml");
  ReadConfig(reader);
  return std::string(reader.Finish().message());
}

Config Read(const std::string& text) {
  config::ConfigReader reader = config::ConfigReader::FromText(text, "m.yaml");
  Config config = ReadConfig(reader);
  const absl::Status status = reader.Finish();
  EXPECT_TRUE(status.ok()) << status;
  return config;
}

TEST(ConfigTest, TheExampleIsValid) {
  std::ifstream file("services/membership/membership.example.yaml");
  ASSERT_TRUE(file.is_open());
  const Config config =
      Read(std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()));
  EXPECT_EQ(config.vault, "127.0.0.1:7102");
}

TEST(ConfigTest, HasUsefulDefaults) {
  const Config config = Read(kLeast);
  EXPECT_EQ(config.beat_listen, "127.0.0.1:7101");
  EXPECT_EQ(config.detector.beat_interval, absl::Milliseconds(100));
  EXPECT_EQ(config.detector.missed_beats_limit, 3u);
  EXPECT_EQ(config.detector.tick, absl::Milliseconds(10));
  EXPECT_EQ(config.detector.first_deadline, absl::Seconds(3));
  EXPECT_EQ(config.lease, absl::Milliseconds(300));
  EXPECT_EQ(config.limits.max_stations, 100'000u);
}

TEST(ConfigTest, DerivesDurationsFromTheInterval) {
  const Config config = Read(std::string(kLeast) + "beat_interval: 1s\nmissed_beats_limit: 5\n");
  EXPECT_EQ(config.lease, absl::Seconds(5));
  EXPECT_EQ(config.detector.first_deadline, absl::Seconds(50));
  EXPECT_EQ(config.detector.tick, absl::Milliseconds(100));
  EXPECT_EQ(Read(std::string(kLeast) + "beat_interval: 10ms\n").detector.tick,
            absl::Milliseconds(5));
}

TEST(ConfigTest, ReportsEveryProblemAtOnce) {
  const std::string problems =
      ProblemsOf("insecure: true\nbeat_interval: 5ms\nmissed_beats_limit: 0\nspeed: 9\n");
  EXPECT_NE(problems.find("vault"), std::string::npos) << problems;
  EXPECT_NE(problems.find("beat_interval"), std::string::npos) << problems;
  EXPECT_NE(problems.find("missed_beats_limit"), std::string::npos) << problems;
  EXPECT_NE(problems.find("speed"), std::string::npos) << problems;
}

TEST(ConfigTest, RefusesAFirstDeadlineBelowTheDetectionTime) {
  EXPECT_NE(ProblemsOf(std::string(kLeast) + "first_deadline: 100ms\n").find("300ms"),
            std::string::npos);
}

TEST(BeatAddressTest, NamesTheListeningAddressAndPort) {
  Config config = Read(std::string(kLeast) + "beat_listen: 127.0.0.1:0\n");
  EXPECT_EQ(BeatAddress(config, 4711), "127.0.0.1:4711");
  config.beat_listen = "[::1]:0";
  EXPECT_EQ(BeatAddress(config, 4711), "[::1]:4711");
}

TEST(BeatAddressTest, LeavesTheHostOutForAWildcard) {
  Config config = Read(std::string(kLeast) + "beat_listen: 0.0.0.0:7101\n");
  EXPECT_EQ(BeatAddress(config, 7101), ":7101");
}

TEST(BeatAddressTest, PrefersTheAdvertisedOne) {
  const Config config = Read(std::string(kLeast) + "beat_advertise: control-1:99\n");
  EXPECT_EQ(BeatAddress(config, 7101), "control-1:99");
}

}  // namespace
}  // namespace understudy::membership
