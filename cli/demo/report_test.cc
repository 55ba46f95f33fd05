#include "cli/demo/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/demo/root_report.h"

namespace understudy::cli {
namespace {

StepResult Recovered() {
  StepResult result;
  result.what = "kill -9 of gate-1";
  result.failover.set_duty_id("gate");
  result.failover.set_to_station("spare-2");
  result.failover.set_verdict(type::v1::VERDICT_CRASHED);
  result.failover.mutable_stages()->mutable_detect()->set_nanos(312'000'000);
  result.recovery = absl::Milliseconds(3);
  result.bound = absl::Seconds(1);
  result.before = result.after = std::string(32, '\x0a');
  return result;
}

TEST(ReportTest, IsGoodOnlyWhenEverythingWasRecovered) {
  EXPECT_FALSE(AllRecovered({}));
  EXPECT_TRUE(AllRecovered({Recovered()}));
  StepResult late = Recovered();
  late.problem = "later than the bound";
  EXPECT_FALSE(AllRecovered({Recovered(), late}));
}

TEST(ReportTest, SaysWhatFailedWhoTookOverAndWhetherTheBytesAreTheSame) {
  EXPECT_EQ(ReportTable({Recovered()}, Painter(false)),
            "WHAT FAILED        VERDICT  DUTY  TAKEN OVER BY  DETECT  DECIDE  CLAIM  ACTIVATE  "
            "RUNNING  RECOVERY                 BOUND  SHA-256 BEFORE  SHA-256 AFTER  OUTCOME\n"
            "kill -9 of gate-1  crashed  gate  spare-2        312 ms       -      -         -  "
            "      -   3.00 ms  1.00 s after verdict  0a0a0a0a0a0a    0a0a0a0a0a0a   recovered\n");
}

TEST(ReportTest, IsThereForProgramsToo) {
  const auto json = nlohmann::json::parse(ReportJson({Recovered()}, {}));
  EXPECT_EQ(json["recovered"], true);
  EXPECT_EQ(json["steps"][0]["recovery_seconds"], 0.003);
  EXPECT_EQ(json["steps"][0]["sha256_after"].get<std::string>().size(), 64u);
  EXPECT_EQ(json["steps"][0]["failover"]["to_station"], "spare-2");
}

TEST(RootReportTest, ShowsWhoIsRootAfterEachFailure) {
  const RootStepResult survived = {.what = "kill -9 of all of control-1",
                                   .root_before = "control-1",
                                   .root_after = "control-2",
                                   .epoch_before = 7,
                                   .epoch_after = 9,
                                   .next_write = absl::Milliseconds(420),
                                   .bound = absl::Seconds(5),
                                   .problem = ""};
  RootStepResult late = survived;
  late.problem = "later than the bound";
  EXPECT_TRUE(AllSurvived({survived}));
  EXPECT_FALSE(AllSurvived({survived, late}));
  const std::string table = RootReportTable({survived, late}, Painter(false));
  EXPECT_NE(table.find("kill -9 of all of control-1  control-1        7  control-2       9"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("later than the bound"), std::string::npos) << table;
  const auto json = nlohmann::json::parse(ReportJson({Recovered()}, RootReportJson({survived})));
  EXPECT_EQ(json["root"][0]["root_after"], "control-2");
}

}  // namespace
}  // namespace understudy::cli
