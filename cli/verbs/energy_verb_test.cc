#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/exit_code.h"
#include "cli/testing/command_line_test_base.h"

namespace understudy::cli {
namespace {

using EnergyVerbTest = CommandLineTestBase;

TEST_F(EnergyVerbTest, SaysWhichSideWinsAndByHowMuch) {
  EXPECT_EQ(RunPlainly(
                {"energy", "--preset",       "none",  "--cycle",         "100s", "--active-time",
                 "10s",    "--active-power", "200mW", "--transfer-time", "5s",   "--transfer-power",
                 "100mA",  "--voltage",      "3V",    "--light-sleep",   "50mW", "--deep-sleep",
                 "10mW",   "--battery",      "1kJ"}),
            0)
      << err_;
  EXPECT_NE(out_.find("SIDE                          PER CYCLE  ASLEEP  AVERAGE  CYCLES"
                      "    LIFETIME  VERDICT\n"
                      "light sleep, memory on power     6.50 J  4.50 J  65.0 mW     153"
                      "  4 h 15 min  -\n"
                      "deep sleep, checkpoint-store     4.35 J  2.35 J  43.5 mW     229"
                      "  6 h 21 min  wins\n"),
            std::string::npos)
      << out_;
  EXPECT_NE(out_.find("Deep sleep saves 2.15 J per cycle, 33.1 %.\n"), std::string::npos);
  EXPECT_NE(out_.find("Deep sleep wins in cycles longer than 46.25 s; in this one, if light sleep "
                      "takes more than 26.1 mW.\n"),
            std::string::npos)
      << out_;
  EXPECT_NE(out_.find("^ break-even 46.25 s"), std::string::npos);
}

TEST_F(EnergyVerbTest, GivesThePapersNumbersFromItsPresets) {
  EXPECT_EQ(RunPlainly({"energy", "--preset", "paper-table2"}), 0);
  EXPECT_NE(out_.find("takes more than 499 µW"), std::string::npos) << out_;
  EXPECT_NE(out_.find("A reconstruction"), std::string::npos);
  EXPECT_EQ(RunPlainly({"energy", "--preset", "paper-table5"}), 0);
  EXPECT_NE(out_.find("cycles longer than 1797 s"), std::string::npos) << out_;
}

TEST_F(EnergyVerbTest, InJsonItIsTheServicesAnswer) {
  EXPECT_EQ(
      RunPlainly({"energy", "--battery", "1200mAh", "--battery-voltage", "3.7V", "-o", "json"}), 0);
  const auto json = nlohmann::json::parse(out_);
  EXPECT_EQ(json["winner"], "ENERGY_WINNER_REMOTE");
  EXPECT_NEAR(json["parameters"]["battery_joules"].get<double>(), 1.2 * 3'600 * 3.7, 1e-9);
  EXPECT_EQ(json["curve"].size(), 201);
}

TEST_F(EnergyVerbTest, DrawsTheCurvesIntoAFile) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/energy.svg";
  EXPECT_EQ(RunPlainly({"energy", "--plot", path}), 0);
  std::stringstream svg;
  svg << std::ifstream(path).rdbuf();
  EXPECT_NE(svg.str().find("</svg>"), std::string::npos);
  EXPECT_EQ(RunPlainly({"energy", "--plot", "energy.png"}), static_cast<int>(ExitCode::kUsage));
}

TEST_F(EnergyVerbTest, RefusesWrongInputWithTheFlagAndWhatWouldBeRight) {
  const int bad = static_cast<int>(ExitCode::kBadInput);
  EXPECT_EQ(RunPlainly({"energy", "--light-sleep", "0.5"}), bad);
  EXPECT_NE(err_.find("--light-sleep: expected a power such as 0.5mW"), std::string::npos) << err_;
  EXPECT_EQ(RunPlainly({"energy", "--cycle", "often"}), bad);
  EXPECT_EQ(RunPlainly({"energy", "--cycle", "2s"}), bad);
  EXPECT_NE(err_.find("leaves no time to sleep"), std::string::npos) << err_;
  EXPECT_EQ(RunPlainly({"energy", "--voltage", "0V"}), bad);
  EXPECT_EQ(RunPlainly({"energy", "--preset", "paper"}), static_cast<int>(ExitCode::kNotFound));
  EXPECT_NE(err_.find("esp8266, mcu-retention, paper-table2, paper-table5"), std::string::npos);
}

TEST_F(EnergyVerbTest, ListsThePresetsWithTheirSources) {
  EXPECT_EQ(RunPlainly({"energy", "--presets"}), 0);
  EXPECT_NE(out_.find("ESP8266EX data sheet"), std::string::npos) << out_;
}

}  // namespace
}  // namespace understudy::cli
