#include "cli/local_fleet/control_plan.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "cli/local_fleet/ports.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

const SiteLayout kLayout("/site");

bool Has(const std::vector<std::string>& arguments, const std::string& argument) {
  return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
}

TEST(ControlPlanTest, GivesEveryNodePortsOfItsOwn) {
  const ControlPlan plan = *PlanControlNodes(3, /*usual=*/false);
  ASSERT_EQ(plan.size(), 3u);
  EXPECT_EQ(plan[2].id, "control-3");
  std::set<int> ports;
  for (const ControlNodePlan& node : plan) {
    ports.insert({node.vault.grpc, node.membership.grpc, node.membership.beats,
                  node.orchestrator.grpc, node.etcd_client, node.etcd_peer, node.root_beats});
    for (const ServicePorts& of : {node.vault, node.membership, node.orchestrator}) {
      ports.insert({of.health, of.metrics});
    }
  }
  EXPECT_EQ(ports.size(), 39u);
  EXPECT_FALSE(ports.contains(0));
  EXPECT_EQ(CheckPlanIsFree(plan), absl::OkStatus());
}

TEST(ControlPlanTest, IsReadAsItWasWritten) {
  const ControlPlan plan = *PlanControlNodes(2, /*usual=*/true);
  const auto read = ParsePlan(FormatPlan(plan), "plan.json");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(FormatPlan(*read), FormatPlan(plan));
  for (const char* broken : {"", "{}", "[1]", R"([{"id": "control-1"}])"}) {
    EXPECT_EQ(ErrorReason(ParsePlan(broken, "plan.json").status()), "INVALID_PLAN") << broken;
  }
}

TEST(ControlPlanTest, SaysWhichPortOfAnEarlierPlanIsTaken) {
  ControlPlan plan = *PlanControlNodes(2, /*usual=*/false);
  const int taken = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  socklen_t size = sizeof(address);
  getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size);
  plan[1].etcd_peer = ntohs(address.sin_port);
  const absl::Status status = CheckPlanIsFree(plan);
  EXPECT_EQ(ErrorReason(status), "PORTS_TAKEN");
  EXPECT_NE(status.message().find("etcd_peer of control-2"), std::string::npos) << status;
  close(taken);
}

TEST(ControlPlanTest, KnowsItsProcessesByTheirNames) {
  EXPECT_EQ(ControlServiceOf("control-2-etcd"), "etcd");
  EXPECT_EQ(ControlServiceOf("control-2-config-vault"), "config-vault");
  EXPECT_EQ(ControlServiceOf("failover-orchestrator"), "failover-orchestrator");
  EXPECT_EQ(ControlServiceOf("gate-1-agent"), "");
  EXPECT_EQ(ControlServiceOf("control-1-agent"), "");
}

TEST(ControlPlanTest, EtcdListensToNobodyWithoutACertificate) {
  const ControlPlan plan = *PlanControlNodes(3, /*usual=*/false);
  const auto arguments = EtcdArguments(kLayout, {}, plan, 1);
  EXPECT_TRUE(Has(arguments, "--name=control-2"));
  EXPECT_TRUE(Has(arguments, "--client-cert-auth"));
  EXPECT_TRUE(Has(arguments, "--peer-client-cert-auth"));
  EXPECT_TRUE(Has(arguments, "--cert-file=/site/pki/control-2-etcd.crt"));
  const auto insecure = EtcdArguments(kLayout, {.insecure = true}, plan, 1);
  EXPECT_FALSE(Has(insecure, "--client-cert-auth"));
}

TEST(ControlPlanTest, AVaultKnowsItsEtcdItsNameAndAllNodes) {
  const ControlPlan plan = *PlanControlNodes(3, /*usual=*/false);
  const YAML::Node config =
      YAML::Load(VaultNodeConfigText(kLayout, {}, plan[1].vault, plan, 1));
  EXPECT_EQ(config["engine"].as<std::string>(), "etcd");
  EXPECT_EQ(config["etcd"]["endpoints"].size(), 3u);
  EXPECT_EQ(config["etcd"]["endpoints"][0].as<std::string>(),
            "127.0.0.1:" + std::to_string(plan[1].etcd_client));
  EXPECT_EQ(config["control"]["node"].as<std::string>(), "control-2");
  EXPECT_EQ(config["control"]["advertise"]["vault"].as<std::string>(), plan[1].Addresses().vault);
  EXPECT_EQ(config["control"]["nodes"][2]["id"].as<std::string>(), "control-3");
  EXPECT_EQ(config["control"]["secret_file"].as<std::string>(), "/site/pki/control.secret");
}

}  // namespace
}  // namespace understudy::cli
