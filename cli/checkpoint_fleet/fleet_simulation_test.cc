#include "cli/checkpoint_fleet/fleet_simulation.h"

#include <gtest/gtest.h>

#include "cli/checkpoint_fleet/testing/fake_store.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

class FleetSimulationTest : public testing::Test {
 protected:
  FleetSimulationTest() : address_(FindStore(store_.address()).value()) {
    settings_.devices = 5;
    settings_.awake = 3;
    settings_.prefix = "test";
    settings_.device.memory_bytes = 600;
    settings_.device.interval = absl::Milliseconds(5);
  }

  // So many cycles, and a few more.
  static FleetFigures RunCycles(FleetSimulation& fleet, uint64_t cycles) {
    const uint64_t before = fleet.figures().cycles;
    fleet.Run(
        absl::Hours(1), [&] { return fleet.figures().cycles >= before + cycles; },
        [](const FleetFigures&) {});
    return fleet.figures();
  }

  FakeStore store_;
  FleetSettings settings_;
  const StoreAddress address_;
};

bool Never() { return false; }

TEST_F(FleetSimulationTest, EveryDeviceGetsItsMemoryBackInEveryCycle) {
  FleetSimulation fleet(settings_, address_, nullptr);
  ASSERT_TRUE(fleet.Enrol(Never).ok());
  const FleetFigures figures = RunCycles(fleet, 40);
  EXPECT_EQ(figures.enrolled, 5);
  EXPECT_GE(figures.cycles, 40);
  EXPECT_EQ(figures.failed, 0) << figures.last_failure;
  EXPECT_EQ(figures.mismatched, 0);
  // Deltas: far less than 600 bytes and their headers a cycle.
  EXPECT_LT(figures.bytes_sent / figures.cycles, 900);
  EXPECT_GT(figures.p99, absl::ZeroDuration());
}

TEST_F(FleetSimulationTest, CountsWhatFailsAndSaysWhy) {
  FleetSimulation fleet(settings_, address_, nullptr);
  ASSERT_TRUE(fleet.Enrol(Never).ok());
  store_.AnswerAll("HTTP/1.1 503 X\r\nReason: OVERLOADED\r\nContent-Length: 0\r\n\r\n");
  const FleetFigures figures = RunCycles(fleet, 10);
  EXPECT_EQ(figures.failed, figures.cycles);
  EXPECT_EQ(figures.last_failure, "GET: the store asks to wait (status 503 OVERLOADED)");
}

TEST_F(FleetSimulationTest, SeesThatWhatComesBackWasNeverStored) {
  FleetSimulation fleet(settings_, address_, nullptr);
  ASSERT_TRUE(fleet.Enrol(Never).ok());
  RunCycles(fleet, 5);
  store_.Swap("somebody else's");
  const FleetFigures figures = RunCycles(fleet, 15);
  EXPECT_GT(figures.mismatched, 0);
}

TEST_F(FleetSimulationTest, AnEnrolmentThatIsRefusedEndsTheRunWithTheStoresReason) {
  store_.AnswerAll("HTTP/1.1 401 X\r\nReason: NOT_AUTHENTICATED\r\nContent-Length: 0\r\n\r\n");
  FleetSimulation fleet(settings_, address_, nullptr);
  const absl::Status status = fleet.Enrol(Never);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ErrorReason(status), "NOT_AUTHENTICATED");
}

TEST_F(FleetSimulationTest, AnAddressWithoutAPortIsRefused) {
  EXPECT_EQ(ErrorReason(FindStore("localhost").status()), "INVALID_ADDRESS");
  EXPECT_EQ(ErrorReason(FindStore(":8104").status()), "INVALID_ADDRESS");
}

}  // namespace
}  // namespace understudy::cli
