#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/time/time.h"
#include "cli/local_fleet/spawn.h"

namespace understudy::e2e {
namespace {

// The demonstration with three control nodes as anybody runs it, but with more patience than it
// needs on a quiet machine.
TEST(RootDemoEndToEndTest, TheSiteSurvivesTheLossOfAnyControlNode) {
  const auto output = cli::RunProgram("cli/understudy",
                                      {"demo", "--control-nodes", "3", "-o", "json",
                                       "--missed-beats", "20", "--bound", "60s", "--documents",
                                       "tests/data"},
                                      absl::Minutes(10));
  ASSERT_TRUE(output.ok()) << output.status();
  // The timeline, on standard error, comes before the report.
  const auto report = nlohmann::json::parse(output->substr(output->find("{\n")), nullptr, false);
  ASSERT_TRUE(report.is_object()) << *output;
  EXPECT_TRUE(report["recovered"].get<bool>());
  EXPECT_EQ(report["steps"].size(), 7u);
  ASSERT_EQ(report["root"].size(), 4u);
  for (const auto& step : report["root"]) EXPECT_EQ(step["problem"], "") << step;
}

}  // namespace
}  // namespace understudy::e2e
