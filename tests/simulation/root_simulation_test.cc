// Control nodes in a simulated world: whoever dies, sleeps or is cut off, there is one root for
// each epoch, nothing that was acknowledged is lost, and all agree once all is well.
//
//   bazel test //tests/simulation:root_simulation_test --test_env=UNDERSTUDY_SIM_SEEDS=5000

#include <gtest/gtest.h>

#include <string>

#include "tests/simulation/control_site.h"

namespace understudy::simulation {
namespace {

// Damping of false alarms may hold a claim back for ten seconds.
constexpr absl::Duration kTimeToConverge = absl::Seconds(30);

std::string Explain(ControlSite& site) {
  return absl::StrCat("seed ", site.world().seed(), ": ", site.CheckConverged().ToString(), "; ",
                      site.world().status().ToString());
}

bool Converges(ControlSite& site) {
  return site.world().RunUntilTrue([&] { return site.CheckConverged().ok(); }, kTimeToConverge);
}

void Play(uint64_t seed, int nodes) {
  ControlSite site(seed, nodes);
  site.Start();
  ASSERT_TRUE(Converges(site)) << Explain(site);
  for (int strike = 0; strike < 40 && site.world().status().ok(); ++strike) {
    site.world().RunFor(site.world().random().Between(absl::Milliseconds(1), absl::Seconds(1)));
    site.Strike();
  }
  site.world().RunFor(absl::Seconds(1));
  site.Heal();
  ASSERT_TRUE(Converges(site)) << Explain(site);
  const size_t acknowledged = site.history().acknowledged.size();
  site.world().RunFor(absl::Seconds(1));
  EXPECT_GT(site.history().acknowledged.size(), acknowledged) << Explain(site);
  EXPECT_TRUE(site.world().status().ok()) << Explain(site);
}

TEST(RootSimulationTest, ThreeNodesSurviveWhateverStrikesThem) {
  for (const uint64_t seed : SimSeeds(20)) {
    Play(seed, 3);
    if (HasFatalFailure()) return;
  }
}

TEST(RootSimulationTest, TwoAndFiveNodesSurviveToo) {
  for (const uint64_t seed : SimSeeds(5)) {
    Play(seed, 2);
    Play(seed, 5);
    if (HasFatalFailure()) return;
  }
}

TEST(RootSimulationTest, ASiteWithoutMisfortuneKeepsItsRoot) {
  ControlSite site(1, 3);
  site.Start();
  site.world().RunFor(absl::Minutes(2));
  EXPECT_TRUE(site.CheckConverged().ok()) << Explain(site);
  EXPECT_EQ(site.history().reigns.size(), 1u);
  EXPECT_GT(site.leases_held(), 0u);
}

// Beats get lost; the root must not move for it.
TEST(RootSimulationTest, OneLostBeatInTenMovesNothing) {
  ControlSite site(1, 3);
  site.Start();
  ASSERT_TRUE(Converges(site)) << Explain(site);
  const size_t reigns = site.history().reigns.size();
  site.world().network().SetDefaultQuality({.drop = 0.1, .duplicate = 0.1});
  site.world().RunFor(absl::Seconds(10));
  EXPECT_EQ(site.history().reigns.size(), reigns);
}

// The root's node dies: another acts within the detection time and a little.
TEST(RootSimulationTest, TheRootIsReplacedWithinAQuarterOfASecond) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    ControlSite site(seed, 3);
    site.Start();
    ASSERT_TRUE(Converges(site)) << Explain(site);
    site.world().RunFor(absl::Seconds(2));
    site.world().node(site.Roots()[0]).Crash();
    EXPECT_TRUE(site.world().RunUntilTrue([&] { return site.Roots().size() == 1; },
                                          absl::Milliseconds(250)))
        << Explain(site);
  }
}

}  // namespace
}  // namespace understudy::simulation
