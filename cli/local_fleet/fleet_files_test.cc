#include <gtest/gtest.h>

#include <set>

#include "cli/local_fleet/process_table.h"
#include "cli/local_fleet/site_file.h"
#include "cli/local_fleet/station_spec.h"

namespace understudy::cli {
namespace {

SiteAddresses ExampleSite() {
  SiteAddresses site;
  site.control_nodes.front().vault = "10.0.0.5:7102";
  site.checkpoints = "10.0.0.5:7104";
  site.checkpoints_http = "10.0.0.5:8104";
  site.agents = {{"gate-1", "127.0.0.1:7105"}};
  site.tls = rpc::TlsFiles{.certificate = "a", .private_key = "b", .authorities = "c"};
  return site;
}

TEST(SiteFileTest, ReadsWhatItWrites) {
  const SiteAddresses site = ExampleSite();
  EXPECT_EQ(*ParseSite(FormatSite(site), "site.json"), site);
  EXPECT_EQ(*ParseSite("{}", "site.json"), SiteAddresses());
}

TEST(SiteFileTest, NamesTheMemberAtFault) {
  const auto problem = [](const char* text) {
    return std::string(ParseSite(text, "s.json").status().message());
  };
  EXPECT_EQ(problem("[]"), "s.json: the file: expected a JSON object");
  EXPECT_EQ(problem("{"), "s.json: the file: expected a JSON object");
  EXPECT_EQ(problem(R"({"vault": 1})"), "s.json: vault: expected text");
  EXPECT_EQ(problem(R"({"vault": "here"})"), "s.json: vault: expected host:port, found \"here\"");
  EXPECT_EQ(problem(R"({"valt": "a:1"})"), "s.json: valt: is not known");
  EXPECT_EQ(problem(R"({"tls": {"certificate": "a"}})"),
            "s.json: tls: needs certificate, private_key and authorities");
  EXPECT_EQ(problem(R"({"agents": {"gate-1": "x"}})"),
            "s.json: agents.gate-1: expected host:port, found \"x\"");
}

TEST(SiteFileTest, ListsSeveralControlNodes) {
  SiteAddresses site;
  site.control_nodes = {{"a:2", "a:1", "a:3"}, {"b:2", "b:1", "b:3"}};
  const auto read = ParseSite(FormatSite(site), "s.json");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*read == site);
  const auto problem = [](const std::string& text) {
    return std::string(ParseSite(text, "s.json").status().message());
  };
  EXPECT_EQ(problem(R"({"control_nodes": []})"),
            "s.json: control_nodes: expected a list of at least one");
  EXPECT_EQ(problem(R"({"control_nodes": [{"vault": "a:1"}]})"),
            "s.json: control_nodes[0]: needs vault, membership and orchestrator");
  EXPECT_EQ(problem(R"({"control_nodes": [{"valut": "a:1"}]})"),
            "s.json: control_nodes[0].valut: is not known");
  EXPECT_NE(problem(R"({"vault": "a:1", "control_nodes":
                        [{"vault": "a:1", "membership": "a:2", "orchestrator": "a:3"}]})"),
            "");
}

TEST(ProcessTableTest, ReadsWhatItWrites) {
  ProcessTable processes;
  processes["membership"].id = {.pid = 12, .start_ticks = 345};
  processes["membership"].spec = {.program = "/bin/m",
                                  .arguments = {"--config=a"},
                                  .log_file = "m.log",
                                  .dies_with_parent = true};
  const auto read = ParseProcesses(FormatProcesses(processes), "p.json");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 1u);
  const FleetProcess& process = read->at("membership");
  EXPECT_EQ(process.id, processes["membership"].id);
  EXPECT_EQ(process.spec.arguments, std::vector<std::string>{"--config=a"});
  EXPECT_TRUE(process.spec.dies_with_parent);
}

TEST(ProcessTableTest, RefusesAFileThatItDidNotWrite) {
  EXPECT_FALSE(ParseProcesses("", "p.json").ok());
  EXPECT_FALSE(ParseProcesses("[1]", "p.json").ok());
  EXPECT_FALSE(ParseProcesses(R"({"a": {"pid": "1"}})", "p.json").ok());
}

StationDocuments Documents() { return *ReadStationDocuments("tests/data"); }

TEST(StationSpecTest, GivesEveryStationADocumentOfAboutNineteenKilobytes) {
  std::set<std::string> documents;
  std::set<std::string> duties;
  const std::vector<StationSpec> stations = *DeploymentStations(Documents(), 20);
  for (const StationSpec& station : stations) {
    EXPECT_GT(station.document.size(), 18'000u) << station.id;
    EXPECT_LT(station.document.size(), 20'000u) << station.id;
    EXPECT_NE(station.document.find("\"" + station.id + "\""), std::string::npos) << station.id;
    documents.insert(station.document);
    duties.insert(station.duty->id);
  }
  EXPECT_EQ(documents.size(), 20u);
  EXPECT_EQ(duties.size(), 20u);
}

TEST(StationSpecTest, HasABackupForEachOfTheFirstStationsButNoneForPumpHouses) {
  const auto stations = *DeploymentStations(Documents(), 4);
  const auto fitting = [](const StationSpec& station) {
    std::set<std::string> ids;
    for (const StationSpec& backup : Backups(3)) {
      if (backup.capabilities.Covers(station.duty->needs)) ids.insert(backup.id);
    }
    return ids;
  };
  EXPECT_EQ(fitting(stations[0]), (std::set<std::string>{"spare-1", "spare-2"}));
  EXPECT_EQ(fitting(stations[1]), (std::set<std::string>{"spare-1", "spare-3"}));
  EXPECT_EQ(fitting(stations[2]), (std::set<std::string>{"spare-1", "spare-2"}));
  EXPECT_EQ(fitting(stations[3]), std::set<std::string>{});
  EXPECT_TRUE(BackupForPumpHouses("spare-4").capabilities.Covers(stations[3].duty->needs));
}

}  // namespace
}  // namespace understudy::cli
