#include "services/failover_orchestrator/spare_matcher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/random/random.h"

namespace understudy::failover_orchestrator {
namespace {

CapabilitySet Set(const char* text) { return *ParseCapabilitySet(text); }

using Result = std::map<std::string, std::string>;

TEST(SpareMatcherTest, ChoosesTheSpareWithTheLeastLeftOver) {
  EXPECT_EQ(MatchSpares({{"gate", Set("camera.rtsp: 4"), {}}},
                        {{"a", Set("camera.rtsp: 16"), {}}, {"b", Set("camera.rtsp: 5"), {}}}),
            Result({{"gate", "b"}}));
}

TEST(SpareMatcherTest, ChoosesTheFirstByIdOnATie) {
  EXPECT_EQ(MatchSpares({{"gate", Set("camera.rtsp: 4"), {}}},
                        {{"b", Set("camera.rtsp: 5"), {}}, {"a", Set("camera.rtsp: 5"), {}}}),
            Result({{"gate", "a"}}));
}

TEST(SpareMatcherTest, PrefersAStagedSpareOnATie) {
  EXPECT_EQ(MatchSpares({{"gate", Set("camera.rtsp: 4"), {}}},
                        {{"a", Set("camera.rtsp: 5"), {}}, {"b", Set("camera.rtsp: 5"), {"gate"}}}),
            Result({{"gate", "b"}}));
}

TEST(SpareMatcherTest, PrefersLessLeftOverToBeingStaged) {
  EXPECT_EQ(MatchSpares({{"gate", Set("camera.rtsp: 4"), {}}},
                        {{"a", Set("camera.rtsp: 5"), {}}, {"b", Set("camera.rtsp: 6"), {"gate"}}}),
            Result({{"gate", "a"}}));
}

TEST(SpareMatcherTest, DoesNotWasteTheOneVersatileSpare) {
  // Alone, "cameras" would take "versatile", which has less left over.
  const std::vector<SpareOffer> spares = {{"many-cameras", Set("camera.rtsp: 16"), {}},
                                          {"versatile", Set("camera.rtsp: 4, npu.tops: 8"), {}}};
  const DutyNeed cameras{"cameras", Set("camera.rtsp: 1"), {}};
  const DutyNeed thinking{"thinking", Set("camera.rtsp: 1, npu.tops: 8"), {}};
  EXPECT_EQ(MatchSpares({cameras}, spares), Result({{"cameras", "versatile"}}));
  EXPECT_EQ(MatchSpares({cameras, thinking}, spares),
            Result({{"cameras", "many-cameras"}, {"thinking", "versatile"}}));
}

TEST(SpareMatcherTest, NeverGivesADutyToAnExcludedSpare) {
  EXPECT_EQ(MatchSpares({{"gate", Set("io.rs485: 1"), {"a"}}}, {{"a", Set("io.rs485: 1"), {}}}),
            Result());
}

TEST(SpareMatcherTest, NeverGivesTwoDutiesToOneSpare) {
  EXPECT_EQ(MatchSpares({{"x", {}, {}}, {"y", {}, {}}}, {{"a", Set("npu.tops: 100"), {}}}),
            Result({{"x", "a"}}));
}

TEST(SpareMatcherTest, DoesNotDependOnTheOrderOfItsArguments) {
  Random random(7);
  std::vector<DutyNeed> needs;
  std::vector<SpareOffer> spares;
  for (int i = 0; i < 8; ++i) {
    const auto count = std::to_string(1 + random.Below(3));
    needs.push_back({"duty-" + std::to_string(i), Set(("camera.rtsp: " + count).c_str()), {}});
    spares.push_back({"spare-" + std::to_string(i), Set(("camera.rtsp: " + count).c_str()), {}});
  }
  const Result first = MatchSpares(needs, spares);
  std::reverse(needs.begin(), needs.end());
  std::rotate(spares.begin(), spares.begin() + 3, spares.end());
  EXPECT_EQ(MatchSpares(needs, spares), first);
}

TEST(SpareMatcherTest, MatchesMoreDutiesThanOneTurnTakes) {
  std::vector<DutyNeed> needs;
  std::vector<SpareOffer> spares;
  for (size_t i = 0; i < kMaxDutiesMatchedTogether + 20; ++i) {
    const bool picky = i >= kMaxDutiesMatchedTogether;
    needs.push_back({"duty-" + std::to_string(i), Set(picky ? "npu.tops: 1" : ""), {}});
    spares.push_back({"spare-" + std::to_string(i), Set(picky ? "npu.tops: 1" : ""), {}});
  }
  EXPECT_EQ(MatchSpares(needs, spares).size(), needs.size());
}

TEST(SpareMatcherTest, NamesTheSpareThatLacksTheLeast) {
  const auto nearest = FindNearestSpare(
      Set("camera.rtsp: 8, npu.tops: 8"),
      {{"a", Set("camera.rtsp: 8"), {}}, {"b", Set("camera.rtsp: 6, npu.tops: 8"), {}}});
  ASSERT_TRUE(nearest.has_value());
  EXPECT_EQ(nearest->station_id, "b");
  EXPECT_EQ(nearest->missing, Set("camera.rtsp: 2"));
  EXPECT_FALSE(FindNearestSpare({}, {}).has_value());
}

}  // namespace
}  // namespace understudy::failover_orchestrator
