#include "services/failover_orchestrator/station_table.h"

#include <gtest/gtest.h>

namespace understudy::failover_orchestrator {
namespace {

TEST(StationTableTest, AsksForAStandDownOncePerAssignment) {
  StationTable stations;
  EXPECT_TRUE(stations.RequireStandDown("gate-1", "gate", 2, "the duty moved"));
  EXPECT_FALSE(stations.RequireStandDown("gate-1", "gate", 2, "the duty moved"));
  EXPECT_TRUE(stations.RequireStandDown("gate-1", "gate", 3, "the duty moved on"));
  stations.TakeStoodDown("gate-1", "gate", 3);
  EXPECT_FALSE(stations.RequireStandDown("gate-1", "gate", 3, "the duty moved on"));
}

}  // namespace
}  // namespace understudy::failover_orchestrator
