#include "services/station_agent/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace understudy::station_agent {
namespace {

absl::StatusOr<Config> Parse(const std::string& text) {
  config::ConfigReader reader = config::ConfigReader::FromText(text, "agent.yaml");
  Config config = ReadConfig(reader);
  if (const absl::Status status = reader.Finish(); !status.ok()) return status;
  return config;
}

std::string Problems(const std::string& text) {
  return std::string(Parse(text).status().message());
}

std::string ExampleFile() {
  std::ifstream file("services/station_agent/station_agent.example.yaml");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ConfigTest, ReadsTheExampleFile) {
  const auto config = Parse(ExampleFile());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->station_id, "gate-1");
  EXPECT_EQ(config->kind, StationKind::kDeployment);
  EXPECT_EQ(config->capabilities.CountOf("camera.rtsp"), 16u);
  ASSERT_TRUE(config->duty.has_value());
  EXPECT_EQ(config->duty->id, "gate-1");
  EXPECT_FALSE(config->duty->strict_fencing);
  EXPECT_EQ(config->link_name, "/understudy-gate-1");
  EXPECT_EQ(config->sync.mode, SyncMode::kRealTime);
  EXPECT_EQ(config->limits.native_process_memory.above, 512.0 * 1024 * 1024);
}

TEST(ConfigTest, ReadsTheExampleOfTheHelp) { EXPECT_TRUE(Parse(kExampleConfig).ok()); }

TEST(ConfigTest, ReadsABackup) {
  const auto config = Parse(
      "station_id: spare-1\nkind: backup\ncapabilities: {camera.rtsp: 8}\nmembership: a:1\n"
      "orchestrator: a:2\nvault: a:3\nstate_directory: /tmp/x\ninsecure: true\n"
      "link: {name: /here}\nsync: {mode: scheduled}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->kind, StationKind::kBackup);
  EXPECT_EQ(config->link_name, "/here");
  EXPECT_EQ(config->sync.mode, SyncMode::kScheduled);
}

constexpr char kSpare[] =
    "station_id: spare-1\nkind: backup\nmembership: a:1\norchestrator: a:2\nvault: a:3\n"
    "state_directory: /tmp/x\ninsecure: true\n";

TEST(ConfigTest, ReadsTheDevicesThatTheAgentAsksItself) {
  const auto config = Parse(
      std::string(kSpare) +
      "devices:\n- {id: meter-1, type: meter, address: \"serial:///dev/ttyS7?baud=19200\",\n"
      "   request: 01 03 0000 0001, answer: 01 03, framing: modbus_rtu, every: 2s, misses: 1}\n"
      "- {id: door, address: \"tcp://10.0.0.7:80\"}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->devices.size(), 2u);
  EXPECT_EQ(config->devices[0].request, std::string("\1\3\0\0\0\1", 6));
  EXPECT_EQ(config->devices[0].answer, "\1\3");
  EXPECT_EQ(config->devices[0].framing, ProbeFraming::kModbusRtu);
  EXPECT_EQ(config->devices[0].address.line.baud, 19200);
  EXPECT_EQ(config->devices[0].every, absl::Seconds(2));
  EXPECT_EQ(config->devices[0].misses, 1);
  EXPECT_EQ(config->devices[1].address.port, 80);
}

TEST(ConfigTest, RefusesDevicesThatCannotBeAsked) {
  const std::string problems =
      Problems(std::string(kSpare) +
               "devices:\n- {id: a, address: \"udp://10.0.0.7:161\"}\n"
               "- {id: a, address: \"tcp://10.0.0.7:80\", ca: /x, answer: \"00\"}\n"
               "- {id: b, address: \"tcp://10.0.0.7:80\", request: \"0\", framing: modbus_rtu}\n"
               "- {id: c, address: 10.0.0.7}\n");
  for (const char* part :
       {"over udp only an answer", "found \"a\" again", "not tls://", "because answer or framing",
        "two hex digits", "no serial port", "expected tcp://HOST:PORT"}) {
    EXPECT_NE(problems.find(part), std::string::npos) << part << " in\n" << problems;
  }
}

TEST(ConfigTest, ReportsEveryProblemAtOnce) {
  const std::string problems = Problems(
      "station_id: Gate!\nkind: guard\ncapabilities: {camera.rtsp: 8}\nmembership: nowhere\n"
      "orchestrator: a:2\nvault: a:3\ninsecure: true\nsync: {mode: hourly}\n"
      "limits: {cpu: {above: 3}}\nfoo: 1\n");
  for (const char* key : {"station_id", "kind", "membership", "state_directory", "sync.mode",
                          "limits.cpu.above", "foo"}) {
    EXPECT_NE(problems.find(key), std::string::npos) << key << " in:\n" << problems;
  }
}

TEST(ConfigTest, ReadsSeveralControlNodes) {
  const std::string one =
      "station_id: spare-1\nkind: backup\nstate_directory: /tmp/x\ninsecure: true\n";
  const auto config = Parse(one +
                            "control_nodes:\n"
                            "- {membership: 'a:1', orchestrator: 'a:3', vault: 'a:2'}\n"
                            "- {membership: 'b:1', orchestrator: 'b:3', vault: 'b:2'}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->control_nodes,
            (std::vector<ControlNode>{{"a:2", "a:1", "a:3"}, {"b:2", "b:1", "b:3"}}));
  const std::string incomplete =
      Problems(one + "control_nodes: [{membership: 'a:1', vault: 'a:2'}]\n");
  EXPECT_NE(incomplete.find("orchestrator"), std::string::npos) << incomplete;
  const std::string both = Problems(std::string(kExampleConfig) +
                                    "control_nodes: "
                                    "[{membership: 'a:1', vault: 'a:2', orchestrator: 'a:3'}]\n");
  EXPECT_NE(both.find("vault"), std::string::npos) << "the one list or the other: " << both;
}

TEST(ConfigTest, OpensNoPortToOthers) {
  EXPECT_NE(Problems(std::string(kExampleConfig) + "listen: 0.0.0.0:7105\n").find("loopback"),
            std::string::npos);
}

TEST(ConfigTest, WantsNoDutyOfABackup) {
  std::string text = kExampleConfig;
  text.replace(text.find("deployment"), 10, "backup");
  EXPECT_NE(Problems(text).find("duty"), std::string::npos);
}

TEST(ConfigTest, WantsAStationThatCanDoItsDuty) {
  std::string text = kExampleConfig;
  text.replace(text.find("needs: {camera.rtsp: 8}"), 23, "needs: {valve: 3}");
  EXPECT_NE(Problems(text).find("valve"), std::string::npos);
}

TEST(ConfigTest, WantsALinkNameThatIsOne) {
  for (const char* name : {"gate", "/", "/a/b", "/a.bell"}) {
    EXPECT_FALSE(Parse(std::string(kExampleConfig) + "link: {name: " + name + "}\n").ok()) << name;
  }
}

}  // namespace
}  // namespace understudy::station_agent
