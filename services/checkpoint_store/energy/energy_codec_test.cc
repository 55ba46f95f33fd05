#include "services/checkpoint_store/energy/energy_codec.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

TEST(EnergyCodecTest, AnswersAPreset) {
  v1::ComputeEnergyRequest request;
  request.set_preset("paper-table5");
  request.set_curve_points(5);
  const v1::ComputeEnergyResponse response = ComputeEnergy(request).value();
  EXPECT_NEAR(response.break_even_cycle_seconds(), 1'797, 0.5);
  EXPECT_EQ(response.curve_size(), 5);
  EXPECT_EQ(response.parameters().cycle().seconds(), 1'800);
  EXPECT_FALSE(response.preset_source().empty());
}

TEST(EnergyCodecTest, WhatIsSetGoesOverThePreset) {
  v1::ComputeEnergyRequest request;
  request.set_preset("esp8266");
  request.mutable_parameters()->mutable_cycle()->set_seconds(60);
  request.mutable_parameters()->mutable_transfer_time()->set_nanos(500'000'000);
  request.mutable_parameters()->set_battery_joules(0);
  const v1::ComputeEnergyResponse response = ComputeEnergy(request).value();
  EXPECT_EQ(response.parameters().cycle().seconds(), 60);
  EXPECT_EQ(response.parameters().transfer_time().nanos(), 500'000'000);
  EXPECT_EQ(response.parameters().battery_joules(), 0);
  EXPECT_EQ(response.parameters().light_sleep_watts(), 0.9e-3 * 3.3);
  EXPECT_EQ(response.local().cycles(), 0);
}

TEST(EnergyCodecTest, WithoutABreakEvenNoneIsSet) {
  v1::ComputeEnergyRequest request;
  request.set_preset("esp8266");
  request.mutable_parameters()->set_light_sleep_watts(0);
  const v1::ComputeEnergyResponse response = ComputeEnergy(request).value();
  EXPECT_FALSE(response.has_break_even_cycle_seconds());
  EXPECT_EQ(response.winner(), v1::ENERGY_WINNER_LOCAL);
}

TEST(EnergyCodecTest, RefusesWithAReason) {
  v1::ComputeEnergyRequest request;
  EXPECT_EQ(ErrorReason(ComputeEnergy(request).status()), "INVALID_ENERGY_PARAMETERS");
  request.set_preset("nonsense");
  EXPECT_EQ(ErrorReason(ComputeEnergy(request).status()), "NO_SUCH_PRESET");
  request.set_preset("esp8266");
  request.set_curve_points(4'000'000'000);
  EXPECT_EQ(ErrorReason(ComputeEnergy(request).status()), "INVALID_CURVE");
  request.set_curve_points(10);
  request.mutable_longest_cycle()->set_seconds(-5);
  EXPECT_EQ(ErrorReason(ComputeEnergy(request).status()), "INVALID_CURVE");
}

}  // namespace
}  // namespace understudy::checkpoint_store
