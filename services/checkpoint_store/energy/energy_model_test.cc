#include "services/checkpoint_store/energy/energy_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/status/status.h"
#include "services/checkpoint_store/energy/energy_presets.h"

namespace understudy::checkpoint_store {
namespace {

// Round figures, so that every result can be checked by hand.
EnergyParameters Sensor() {
  return {.cycle_seconds = 100,
          .active_seconds = 10,
          .active_watts = 0.2,
          .transfer_seconds = 5,
          .transfer_watts = 0.3,
          .light_sleep_watts = 0.05,
          .deep_sleep_watts = 0.01,
          .battery_joules = 1'000};
}

EnergyVerdict Judge(const EnergyParameters& parameters) { return JudgeEnergy(parameters).value(); }

TEST(EnergyModelTest, AddsUpWhatEachSideTakesInOneCycle) {
  const EnergyVerdict verdict = Judge(Sensor());
  EXPECT_NEAR(verdict.local.joules_per_cycle, 2 + 0.05 * 90, 1e-12);
  EXPECT_NEAR(verdict.remote.joules_per_cycle, 2 + 1.5 + 0.01 * 85, 1e-12);
  EXPECT_NEAR(verdict.local.average_watts, 0.065, 1e-12);
}

TEST(EnergyModelTest, SaysWhoWinsAndByHowMuch) {
  const EnergyVerdict verdict = Judge(Sensor());
  EXPECT_EQ(verdict.winner, EnergyWinner::kRemote);
  EXPECT_NEAR(verdict.saved_joules_per_cycle, 6.5 - 4.35, 1e-12);
  EXPECT_NEAR(verdict.saved_fraction, 2.15 / 6.5, 1e-12);
}

TEST(EnergyModelTest, CountsWholeCyclesOfABattery) {
  const EnergyVerdict verdict = Judge(Sensor());
  EXPECT_EQ(verdict.local.cycles, 153);  // 1,000 J / 6.5 J
  EXPECT_EQ(verdict.local.lifetime_seconds, 15'300);
  EXPECT_EQ(verdict.remote.cycles, 229);  // 1,000 J / 4.35 J
}

TEST(EnergyModelTest, EveryFormOfTheInequalityDecidesAlike) {
  EnergyParameters parameters = Sensor();
  for (double cycle = 16; cycle < 100; cycle += 0.5) {
    parameters.cycle_seconds = cycle;
    const EnergyVerdict verdict = Judge(parameters);
    if (verdict.winner == EnergyWinner::kTie) continue;
    const bool remote = verdict.winner == EnergyWinner::kRemote;
    EXPECT_EQ(remote, verdict.remote_sleep_joules < verdict.local_sleep_joules) << cycle;
    EXPECT_EQ(remote, verdict.transfer_price_joules < verdict.deep_sleep_gain_joules) << cycle;
    EXPECT_EQ(remote, cycle > verdict.break_even_cycle_seconds) << cycle;
    EXPECT_EQ(remote, parameters.light_sleep_watts > verdict.light_sleep_threshold_watts) << cycle;
  }
}

TEST(EnergyModelTest, AtTheBreakEvenItIsATie) {
  EnergyParameters parameters = Sensor();
  parameters.cycle_seconds = *Judge(parameters).break_even_cycle_seconds;
  EXPECT_NEAR(parameters.cycle_seconds, 10 + 0.29 * 5 / 0.04, 1e-12);
  EXPECT_EQ(Judge(parameters).winner, EnergyWinner::kTie);
}

TEST(EnergyModelTest, AtTheThresholdItIsATieAndTheOtherSignIsTwiceTheDeepSleepTooLow) {
  EnergyParameters parameters = Sensor();
  const EnergyVerdict before = Judge(parameters);
  EXPECT_NEAR(before.light_sleep_threshold_watts - before.light_sleep_threshold_other_sign_watts,
              2 * parameters.deep_sleep_watts, 1e-15);
  parameters.light_sleep_watts = before.light_sleep_threshold_watts;
  EXPECT_EQ(Judge(parameters).winner, EnergyWinner::kTie);
  // With the other sign the advice would be wrong: there, light sleep still wins.
  parameters.light_sleep_watts = before.light_sleep_threshold_other_sign_watts + 1e-6;
  EXPECT_EQ(Judge(parameters).winner, EnergyWinner::kLocal);
}

TEST(EnergyModelTest, DeepSleepThatTakesNoLessNeverWins) {
  EnergyParameters parameters = Sensor();
  parameters.deep_sleep_watts = parameters.light_sleep_watts;
  const EnergyVerdict verdict = Judge(parameters);
  EXPECT_EQ(verdict.winner, EnergyWinner::kLocal);
  EXPECT_FALSE(verdict.break_even_cycle_seconds.has_value());
}

TEST(EnergyModelTest, ATransferThatCostsNothingMakesDeepSleepWinFromTheShortestCycleOn) {
  EnergyParameters parameters = Sensor();
  parameters.transfer_watts = 0;
  EXPECT_EQ(Judge(parameters).break_even_cycle_seconds, 15);
}

TEST(EnergyModelTest, ReconstructsThePapersHalfMilliwatt) {
  const EnergyPreset preset = FindEnergyPreset("paper-table2").value();
  const EnergyVerdict verdict = Judge(preset.parameters);
  EXPECT_NEAR(verdict.light_sleep_threshold_watts, 0.499'3e-3, 0.000'1e-3);
  // Rounded to one figure, as the paper gives it.
  EXPECT_EQ(std::round(verdict.light_sleep_threshold_watts * 1e4) / 10, 0.5);
  // The other sign gives another figure.
  EXPECT_EQ(std::round(verdict.light_sleep_threshold_other_sign_watts * 1e4) / 10, 0.4);
}

TEST(EnergyModelTest, ReconstructsThePapersEighteenHundredSeconds) {
  const EnergyPreset preset = FindEnergyPreset("paper-table5").value();
  const double break_even = *Judge(preset.parameters).break_even_cycle_seconds;
  EXPECT_NEAR(break_even, 1'797, 0.5);
  EXPECT_EQ(std::round(break_even / 100) * 100, 1'800);
}

TEST(EnergyModelTest, EveryPresetIsValidAndSaysWhereItComesFrom) {
  for (const EnergyPreset& preset : EnergyPresets()) {
    EXPECT_TRUE(CheckEnergyParameters(preset.parameters).ok()) << preset.name;
    EXPECT_FALSE(preset.source.empty()) << preset.name;
  }
  EXPECT_EQ(ErrorReason(FindEnergyPreset("paper").status()), "NO_SUCH_PRESET");
}

TEST(EnergyModelTest, RefusesWhatMakesNoSenseAndNamesTheField) {
  const auto field = [](const EnergyParameters& parameters) {
    return ErrorMetadata(JudgeEnergy(parameters).status())["field"];
  };
  EnergyParameters parameters = Sensor();
  parameters.light_sleep_watts = -1;
  EXPECT_EQ(field(parameters), "light sleep power");
  parameters = Sensor();
  parameters.transfer_watts = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(field(parameters), "transfer power");
  parameters = Sensor();
  parameters.cycle_seconds = 15;  // Nothing left to sleep.
  EXPECT_EQ(field(parameters), "cycle");
  parameters = Sensor();
  parameters.battery_joules = std::numeric_limits<double>::infinity();
  EXPECT_EQ(field(parameters), "battery");
}

TEST(EnergyModelTest, CurvesCrossAtTheBreakEven) {
  const EnergyParameters parameters = Sensor();
  const double break_even = *Judge(parameters).break_even_cycle_seconds;
  const auto curve = EnergyCurves(parameters, 101).value();
  ASSERT_EQ(curve.size(), 101);
  EXPECT_EQ(curve.front().cycle_seconds, 15);
  EXPECT_EQ(curve.back().cycle_seconds, 200);
  for (const EnergyPoint& point : curve) {
    EXPECT_EQ(point.remote_joules<point.local_joules, point.cycle_seconds> break_even);
  }
}

TEST(EnergyModelTest, RefusesACurveWithoutExtent) {
  EXPECT_EQ(ErrorReason(EnergyCurves(Sensor(), 1).status()), "INVALID_CURVE");
  EXPECT_EQ(ErrorReason(EnergyCurves(Sensor(), 1'001).status()), "INVALID_CURVE");
  EXPECT_EQ(ErrorReason(EnergyCurves(Sensor(), 10, 15).status()), "INVALID_CURVE");
  EXPECT_EQ(ErrorReason(EnergyCurves(Sensor(), 10, 1e9).status()), "INVALID_CURVE");
}

}  // namespace
}  // namespace understudy::checkpoint_store
