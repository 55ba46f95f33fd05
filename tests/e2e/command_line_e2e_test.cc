#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "cli/local_fleet/site_layout.h"
#include "cli/local_fleet/spawn.h"
#include "tests/e2e/fleet_test.h"

namespace understudy::e2e {
namespace {

// The real program against a real fleet.
class CommandLineEndToEndTest : public FleetTest {
 protected:
  absl::StatusOr<std::string> Run(std::vector<std::string> words) {
    words.insert(words.begin(), {"--site", fleet().layout().directory()});
    return cli::RunProgram("cli/understudy", words);
  }
  std::string MustRun(const std::vector<std::string>& words) {
    const auto output = Run(words);
    EXPECT_TRUE(output.ok()) << output.status();
    return output.value_or("");
  }
  std::string File(const std::string& content) {
    const std::string path = std::string(getenv("TEST_TMPDIR")) + "/document.json";
    EXPECT_EQ(cli::WriteFile(path, content), absl::OkStatus());
    return path;
  }
};

TEST_F(CommandLineEndToEndTest, ADocumentGoesRoundFromPutToRollback) {
  StartSmallFleet();
  MustRun({"config", "put", "site/lights", File(R"({"level": 1})")});
  MustRun({"config", "put", "site/lights", File(R"({"level": 2})"), "--comment", "brighter"});
  EXPECT_EQ(MustRun({"config", "get", "site/lights"}), R"({"level": 2})");
  const std::string diff = MustRun({"config", "diff", "site/lights"});
  EXPECT_NE(diff.find("/level\n  - 1\n  + 2\n"), std::string::npos) << diff;
  const auto history =
      nlohmann::json::parse(MustRun({"config", "history", "site/lights", "-o", "json"}));
  ASSERT_EQ(history["revisions"].size(), 2u);
  EXPECT_EQ(history["revisions"][0]["comment"], "brighter");
  MustRun({"config", "rollback", "site/lights", history["revisions"][1]["revision"]});
  EXPECT_EQ(MustRun({"config", "get", "site/lights"}), R"({"level": 1})");
  const auto stale = Run({"config", "put", "site/lights", File("{}"), "--expect-revision",
                          history["revisions"][0]["revision"]});
  EXPECT_NE(stale.status().message().find("REVISION_MISMATCH"), std::string::npos);
  const std::string exported = std::string(getenv("TEST_TMPDIR")) + "/exported";
  const auto all = nlohmann::json::parse(MustRun({"config", "export", exported, "-o", "json"}));
  EXPECT_EQ(all["documents"].size(),
            nlohmann::json::parse(MustRun({"config", "list", "-o", "json"}))["documents"].size());
  EXPECT_EQ(*cli::ReadFile(exported + "/site/lights"), R"({"level": 1})");
  EXPECT_EQ(*cli::ReadFile(exported + "/duties/gate"), stage().OriginalDocument("gate"));
  MustRun({"config", "delete", "site/lights"});
  EXPECT_FALSE(Run({"config", "get", "site/lights"}).ok());
}

TEST_F(CommandLineEndToEndTest, TheVaultHoldsTheStationsConfigurationByteForByte) {
  StartSmallFleet();
  EXPECT_EQ(MustRun({"config", "get", "duties/gate"}), stage().OriginalDocument("gate"));
}

TEST_F(CommandLineEndToEndTest, ADrillMovesTheDutyAndADryRunDoesNot) {
  StartSmallFleet();
  const std::string plan = MustRun({"drill", "gate-1", "--dry-run"});
  EXPECT_NE(plan.find("spare-2 would take gate over"), std::string::npos) << plan;
  EXPECT_TRUE(stage().Disorder({"gate-1"}).empty());
  const auto drill = nlohmann::json::parse(MustRun({"drill", "gate-1", "-o", "json"}));
  EXPECT_EQ(drill["state"], "STATE_DONE");
  EXPECT_EQ(ExpectMove("gate"), "spare-2");
  const std::string list = MustRun({"failovers", "list"});
  EXPECT_NE(list.find("drill"), std::string::npos) << list;
  EXPECT_EQ(stage().AwaitSpare("gate-1", kPatience), absl::OkStatus());
}

TEST_F(CommandLineEndToEndTest, AStationLeavesInOrderAndItsDutyMoves) {
  StartSmallFleet();
  MustRun({"station", "leave", "gate-1", "--reason", "test"});
  EXPECT_EQ(ExpectMove("gate"), "spare-2");
}

TEST_F(CommandLineEndToEndTest, StatusShowsAWholeFleet) {
  StartSmallFleet();
  const std::string status = MustRun({"status", "--check"});
  EXPECT_NE(status.find("3 stations: 3 alive, 0 failed"), std::string::npos) << status;
  const auto json = nlohmann::json::parse(MustRun({"status", "-o", "json"}));
  ASSERT_EQ(json["control_nodes"].size(), 1u);
  EXPECT_EQ(json["control_nodes"][0]["services"]["config-vault"]["health"], "SERVING");
  EXPECT_EQ(json["control_nodes"][0]["role"], "ROLE_ROOT");
}

}  // namespace
}  // namespace understudy::e2e
