#include "cli/local_fleet/service_config_text.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

namespace understudy::cli {
namespace {

const SiteLayout kLayout("/site");
const ControlNode kBeside = SiteAddresses().control_nodes.front();

StationSpec Gate() {
  const CapabilitySet needs = *ParseCapabilitySet("camera.rtsp: 6, io.relay: 5");
  return {.id = "gate-1", .capabilities = needs, .duty = DutySpec{.id = "gate", .needs = needs}};
}

TEST(ServiceConfigTextTest, GivesEachServiceItsCertificateAndItsPorts) {
  const YAML::Node config =
      YAML::Load(VaultConfigText(kLayout, {}, {.grpc = 7102, .health = 8102, .metrics = 9102}));
  EXPECT_EQ(config["listen"].as<std::string>(), "127.0.0.1:7102");
  EXPECT_EQ(config["health_listen"].as<std::string>(), "127.0.0.1:8102");
  EXPECT_EQ(config["metrics_listen"].as<std::string>(), "127.0.0.1:9102");
  EXPECT_EQ(config["tls"]["certificate"].as<std::string>(), "/site/pki/config-vault.crt");
  EXPECT_EQ(config["ports_file"].as<std::string>(), "/site/ports/config-vault.json");
  EXPECT_FALSE(config["insecure"].IsDefined());
}

TEST(ServiceConfigTextTest, LeavesTlsOutWhenTheSiteIsInsecure) {
  const YAML::Node config =
      YAML::Load(OrchestratorConfigText(kLayout, {.insecure = true}, {}, kBeside));
  EXPECT_TRUE(config["insecure"].as<bool>());
  EXPECT_FALSE(config["tls"].IsDefined());
  EXPECT_EQ(config["membership"].as<std::string>(), "127.0.0.1:7101");
}

TEST(ServiceConfigTextTest, SpeaksOfBeatsAsMembershipDoes) {
  const YAML::Node config = YAML::Load(
      MembershipConfigText(kLayout, {.missed_beats_limit = 20}, {.beats = 7101}, kBeside));
  EXPECT_EQ(config["beat_listen"].as<std::string>(), "127.0.0.1:7101");
  EXPECT_EQ(config["beat_interval"].as<std::string>(), "100ms");
  EXPECT_EQ(config["missed_beats_limit"].as<int>(), 20);
}

TEST(ServiceConfigTextTest, TheOperatorsCertificateMayEnrolDevices) {
  const YAML::Node config =
      YAML::Load(CheckpointConfigText(kLayout, {}, {.grpc = 7104, .http = 8104}));
  EXPECT_EQ(config["listen"].as<std::string>(), "127.0.0.1:7104");
  EXPECT_EQ(config["http"]["listen"].as<std::string>(), "127.0.0.1:8104");
  EXPECT_EQ(config["data_directory"].as<std::string>(), "/site/data/checkpoint-store");
  EXPECT_EQ(config["operators"]["certificate_names"][0].as<std::string>(), "operator");
  const YAML::Node insecure = YAML::Load(CheckpointConfigText(kLayout, {.insecure = true}, {}));
  EXPECT_FALSE(insecure["operators"].IsDefined());
}

TEST(ServiceConfigTextTest, DescribesAStationWithItsDutyAndABackupWithout) {
  const YAML::Node gate = YAML::Load(AgentConfigText(kLayout, {}, {}, SiteAddresses(), Gate()));
  EXPECT_EQ(gate["kind"].as<std::string>(), "deployment");
  EXPECT_EQ(gate["capabilities"]["camera.rtsp"].as<int>(), 6);
  EXPECT_EQ(gate["duty"]["id"].as<std::string>(), "gate");
  EXPECT_EQ(gate["link"]["name"].as<std::string>(), kLayout.LinkName("gate-1"));
  const StationSpec spare = {.id = "spare-1"};
  const YAML::Node backup = YAML::Load(AgentConfigText(kLayout, {}, {}, SiteAddresses(), spare));
  EXPECT_EQ(backup["kind"].as<std::string>(), "backup");
  EXPECT_FALSE(backup["duty"].IsDefined());
}

TEST(ServiceConfigTextTest, TellsAStationOfEveryControlNode) {
  SiteAddresses site;
  site.control_nodes = {{"a:2", "a:1", "a:3"}, {"b:2", "b:1", "b:3"}};
  const YAML::Node gate = YAML::Load(AgentConfigText(kLayout, {}, {}, site, Gate()));
  ASSERT_EQ(gate["control_nodes"].size(), 2u);
  EXPECT_EQ(gate["control_nodes"][1]["orchestrator"].as<std::string>(), "b:3");
  EXPECT_FALSE(gate["vault"].IsDefined());
}

}  // namespace
}  // namespace understudy::cli
