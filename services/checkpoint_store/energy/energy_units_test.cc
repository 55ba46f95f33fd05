#include "services/checkpoint_store/energy/energy_units.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

TEST(EnergyUnitsTest, ReadsPowersAndCurrents) {
  EXPECT_DOUBLE_EQ(ParseWatts("0.5mW", 3.3).value(), 0.5e-3);
  EXPECT_DOUBLE_EQ(ParseWatts("66 uW", 3.3).value(), 66e-6);
  EXPECT_DOUBLE_EQ(ParseWatts("66µW", 3.3).value(), 66e-6);
  EXPECT_DOUBLE_EQ(ParseWatts("20uA", 3.3).value(), 66e-6);
  EXPECT_DOUBLE_EQ(ParseWatts("0.1A", 5).value(), 0.5);
}

TEST(EnergyUnitsTest, ReadsBatteries) {
  EXPECT_DOUBLE_EQ(ParseJoules("2500mAh", 3).value(), 27'000);
  EXPECT_DOUBLE_EQ(ParseJoules("9Wh", 3).value(), 32'400);
  EXPECT_DOUBLE_EQ(ParseJoules("32.4kJ", 3).value(), 32'400);
}

TEST(EnergyUnitsTest, RefusesANumberWithoutUnitAndTellsWhatWouldBeRight) {
  const absl::Status bare = ParseWatts("0.5", 3.3).status();
  EXPECT_EQ(ErrorReason(bare), "INVALID_POWER");
  EXPECT_NE(std::string(bare.message()).find("such as 0.5mW"), std::string::npos);
  for (const char* wrong : {"", "mW", "-1mW", "1.2.3W", "1 kW h", "nanW", "infW", "1e3W", "5mAh"}) {
    EXPECT_FALSE(ParseWatts(wrong, 3.3).ok()) << wrong;
  }
  EXPECT_EQ(ErrorReason(ParseJoules("5mA", 3).status()), "INVALID_ENERGY");
  EXPECT_EQ(ErrorReason(ParseVolts("0V").status()), "INVALID_VOLTAGE");
}

TEST(EnergyUnitsTest, ShowsThreeFigures) {
  EXPECT_EQ(WattsText(0.000498), "498 µW");
  EXPECT_EQ(WattsText(0.0013), "1.30 mW");
  EXPECT_EQ(WattsText(0.1848), "185 mW");
  EXPECT_EQ(WattsText(0.9996), "1.00 W");
  EXPECT_EQ(WattsText(0), "0 W");
  EXPECT_EQ(WattsText(-0.000066), "-66.0 µW");
  EXPECT_EQ(JoulesText(32'400), "32.4 kJ");
}

}  // namespace
}  // namespace understudy::checkpoint_store
