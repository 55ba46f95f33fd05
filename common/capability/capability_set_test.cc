#include "common/capability/capability_set.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy {
namespace {

CapabilitySet Set(std::string_view text) {
  const auto set = ParseCapabilitySet(text);
  EXPECT_TRUE(set.ok()) << set.status();
  return set.ok() ? *set : CapabilitySet();
}

std::string ReasonOf(std::string_view text) {
  return ErrorReason(ParseCapabilitySet(text).status());
}

TEST(CapabilitySetTest, CoversANeedWhenEveryCountIsEnough) {
  const CapabilitySet station = Set("camera.rtsp: 16, npu.tops: 8");
  EXPECT_TRUE(station.Covers(Set("camera.rtsp: 16")));
  EXPECT_TRUE(station.Covers(Set("")));
  EXPECT_FALSE(station.Covers(Set("camera.rtsp: 17")));
  EXPECT_FALSE(station.Covers(Set("camera.rtsp: 1, io.rs485: 1")));
}

TEST(CapabilitySetTest, SumsWhatIsLeftOverOverAllNames) {
  const CapabilitySet station = Set("camera.rtsp: 16, npu.tops: 8, io.rs485: 2");
  EXPECT_EQ(station.LeftOver(Set("camera.rtsp: 10, npu.tops: 8")), 8u);
  EXPECT_EQ(station.LeftOver(station), 0u);
  EXPECT_EQ(station.LeftOver(Set("")), 26u);
}

TEST(CapabilitySetTest, CountsAShortfallAsNothingLeftOver) {
  EXPECT_EQ(Set("npu.tops: 8").LeftOver(Set("npu.tops: 10, camera.rtsp: 4")), 0u);
}

TEST(CapabilitySetTest, DoesNotOverflowOnTheLargestSet) {
  CapabilitySet::Counts counts;
  for (int i = 0; i < 64; ++i) counts["c" + std::to_string(i)] = CapabilitySet::kMaxCount;
  EXPECT_EQ(CapabilitySet::Create(counts)->LeftOver(CapabilitySet()), 64'000'000u);
}

TEST(CapabilitySetTest, NamesWhatIsMissing) {
  const CapabilitySet station = Set("camera.rtsp: 4, npu.tops: 8");
  EXPECT_EQ(station.Missing(Set("camera.rtsp: 16, io.rs485: 2, npu.tops: 1")),
            Set("camera.rtsp: 12, io.rs485: 2"));
  EXPECT_TRUE(station.Missing(station).empty());
}

TEST(CapabilitySetTest, RefusesNamesThatAreNotNames) {
  for (const char* name : {"", "Camera", "a b", "\u00fc", "a/b"}) {
    const auto set = CapabilitySet::Create({{name, 1}});
    EXPECT_EQ(ErrorReason(set.status()), "INVALID_CAPABILITIES") << name;
    EXPECT_EQ(set.status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_TRUE(CapabilitySet::Create({{std::string(64, 'a'), 1}}).ok());
  EXPECT_FALSE(CapabilitySet::Create({{std::string(65, 'a'), 1}}).ok());
}

TEST(CapabilitySetTest, RefusesCountsOutOfRange) {
  EXPECT_FALSE(CapabilitySet::Create({{"a", 0}}).ok());
  EXPECT_TRUE(CapabilitySet::Create({{"a", 1'000'000}}).ok());
  EXPECT_FALSE(CapabilitySet::Create({{"a", 1'000'001}}).ok());
}

TEST(CapabilitySetTest, RefusesMoreThan64Names) {
  CapabilitySet::Counts counts;
  for (int i = 0; i < 64; ++i) counts["c" + std::to_string(i)] = 1;
  EXPECT_TRUE(CapabilitySet::Create(counts).ok());
  counts["one.more"] = 1;
  EXPECT_FALSE(CapabilitySet::Create(counts).ok());
}

TEST(ParseCapabilitySetTest, ReadsWhatToStringWrites) {
  const CapabilitySet set = Set("npu.tops: 8, algorithm.helmet: 1, camera.rtsp: 16");
  EXPECT_EQ(set.ToString(), "algorithm.helmet: 1, camera.rtsp: 16, npu.tops: 8");
  EXPECT_EQ(Set(set.ToString()), set);
  EXPECT_EQ(Set("").ToString(), "");
}

TEST(ParseCapabilitySetTest, DoesNotMindBlanks) {
  EXPECT_EQ(Set(" \tnpu.tops :8,camera.rtsp:16\n"), Set("camera.rtsp: 16, npu.tops: 8"));
}

TEST(ParseCapabilitySetTest, RefusesWhatIsNotAList) {
  for (const char* text :
       {"npu", "npu:", "npu: x", "npu: -1", "npu: 1.5", "npu: 0x10", ": 4", ",", "npu: 1,",
        "npu: 1,,io: 2", "npu: 99999999999999999999", "npu: 1 io: 2", "npu: 0", "NPU: 1"}) {
    EXPECT_EQ(ReasonOf(text), "INVALID_CAPABILITIES") << text;
  }
}

TEST(ParseCapabilitySetTest, RefusesANameThatComesTwice) {
  const absl::Status status = ParseCapabilitySet("npu: 1, io: 1, npu: 2").status();
  EXPECT_EQ(ErrorMetadata(status)["name"], "npu");
}

TEST(ParseCapabilitySetTest, RefusesMoreNamesThanASetHas) {
  std::string text = "a: 1";
  for (int i = 0; i < 1000; ++i) text += ", c" + std::to_string(i) + ": 1";
  EXPECT_EQ(ReasonOf(text), "INVALID_CAPABILITIES");
  EXPECT_EQ(ReasonOf(std::string(1'000'000, ' ')), "INVALID_CAPABILITIES");
}

}  // namespace
}  // namespace understudy
