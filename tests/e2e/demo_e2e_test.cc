#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/time/time.h"
#include "cli/local_fleet/spawn.h"

namespace understudy::e2e {
namespace {

// The demonstration as anybody runs it, but with more patience than it needs on a quiet machine.
TEST(DemoEndToEndTest, RecoversEveryDutyByteForByte) {
  const auto output = cli::RunProgram(
      "cli/understudy",
      {"demo", "-o", "json", "--missed-beats", "20", "--bound", "60s", "--documents", "tests/data"},
      absl::Minutes(10));
  ASSERT_TRUE(output.ok()) << output.status();
  // The timeline, on standard error, comes before the report.
  const auto report = nlohmann::json::parse(output->substr(output->find("{\n")), nullptr, false);
  ASSERT_TRUE(report.is_object()) << *output;
  EXPECT_TRUE(report["recovered"].get<bool>());
  EXPECT_EQ(report["steps"].size(), 6u);
  for (const auto& step : report["steps"]) {
    EXPECT_EQ(step["sha256_before"], step["sha256_after"]) << step;
  }
}

}  // namespace
}  // namespace understudy::e2e
