#include "services/config_vault/household.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace understudy::config_vault {
namespace {

TEST(HouseholdTest, IsWholeWhileBothSiblingsWatch) {
  Household household;
  std::vector<bool> told;
  household.SetListener([&](bool whole) { told.push_back(whole); });
  household.Arrive("membership");
  EXPECT_EQ(household.missing(), std::vector<std::string>{"failover-orchestrator"});
  household.Arrive("failover-orchestrator");
  household.Leave("membership");
  EXPECT_EQ(told, (std::vector<bool>{false, true, false}));
}

TEST(HouseholdTest, ASiblingThatConnectsAnewBeforeItsOldStreamEndsIsNeverMissed) {
  Household household;
  household.Arrive("membership");
  household.Arrive("failover-orchestrator");
  household.Arrive("membership");
  household.Leave("membership");
  EXPECT_TRUE(household.whole());
}

TEST(HouseholdTest, OthersWhoWatchAreNoSiblings) {
  Household household;
  household.Arrive("");
  household.Arrive("understudy");
  household.Leave("understudy");
  EXPECT_FALSE(household.whole());
}

}  // namespace
}  // namespace understudy::config_vault
