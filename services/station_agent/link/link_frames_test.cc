#include "services/station_agent/link/link_frames.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "services/station_agent/link/station_link_layout.h"

namespace understudy::station_agent {
namespace {

template <typename Raw>
std::string_view Bytes(const Raw& raw, size_t size = sizeof(Raw)) {
  return std::string_view(reinterpret_cast<const char*>(&raw), size);
}

station_link_frame Frame(uint32_t kind) {
  station_link_frame frame = {};
  frame.kind = kind;
  frame.tag = 9;
  return frame;
}

class ChildrenTest : public testing::Test {
 protected:
  void Add(const std::string& id, const std::string& type = "camera", bool alive = true) {
    station_link_child_entry& entry = raw_->children[raw_->count++];
    std::memcpy(entry.id, id.data(), id.size());
    std::memcpy(entry.type, type.data(), type.size());
    entry.alive = alive;
  }
  absl::StatusOr<std::vector<NativeChild>> Decode() const {
    return DecodeChildren(Frame(STATION_LINK_CHILDREN),
                          Bytes(*raw_, 8 + raw_->count * sizeof(station_link_child_entry)));
  }

  std::unique_ptr<station_link_children_frame> raw_ =
      std::make_unique<station_link_children_frame>();
};

TEST_F(ChildrenTest, AreGivenByTheirIds) {
  Add("camera-2");
  Add("camera-1", "camera", false);
  const auto children = Decode();
  ASSERT_TRUE(children.ok()) << children.status();
  EXPECT_EQ(*children, (std::vector<NativeChild>{{"camera-1", "camera", false},
                                                 {"camera-2", "camera", true}}));
}

TEST_F(ChildrenTest, MayHaveAnIdThatFillsItsField) {
  Add(std::string(128, 'a'));
  ASSERT_TRUE(Decode().ok());
  EXPECT_EQ(Decode()->front().id.size(), 128u);
}

TEST_F(ChildrenTest, MustHaveOneIdEach) {
  Add("camera-1");
  Add("camera-1");
  EXPECT_FALSE(Decode().ok());
}

TEST_F(ChildrenTest, MustHaveAProperIdAndType) {
  Add("no good");
  EXPECT_FALSE(Decode().ok());
  *raw_ = {};
  Add("");
  EXPECT_FALSE(Decode().ok());
  *raw_ = {};
  Add("camera-1", "\xff\xfe");
  EXPECT_FALSE(Decode().ok());
}

TEST_F(ChildrenTest, MustBeAsManyAsTheySay) {
  Add("camera-1");
  raw_->count = 2;
  EXPECT_FALSE(DecodeChildren(Frame(STATION_LINK_CHILDREN),
                              Bytes(*raw_, 8 + sizeof(station_link_child_entry)))
                   .ok());
  raw_->count = ~uint32_t{0};
  EXPECT_FALSE(DecodeChildren(Frame(STATION_LINK_CHILDREN), Bytes(*raw_, 8)).ok());
  EXPECT_FALSE(DecodeChildren(Frame(STATION_LINK_CHILDREN), "abc").ok());
}

TEST(LinkFramesTest, DecodesAnswers) {
  station_link_frame frame = Frame(STATION_LINK_ANSWER_RUNNING);
  frame.sha256[0] = 5;
  ASSERT_TRUE(DecodeAnswer(frame, "").ok());
  EXPECT_EQ(DecodeAnswer(frame, "")->state, NativeAnswer::State::kRunning);
  EXPECT_EQ(DecodeAnswer(frame, "")->sha256[0], 5);
  EXPECT_EQ(DecodeAnswer(frame, "")->order, 9u);
  EXPECT_EQ(DecodeAnswer(Frame(STATION_LINK_ANSWER_REFUSED), "why")->reason, "why");
  EXPECT_EQ(DecodeAnswer(Frame(STATION_LINK_ANSWER_IDLE), "")->state, NativeAnswer::State::kIdle);
  EXPECT_FALSE(DecodeAnswer(Frame(99), "").ok());
}

TEST(LinkFramesTest, MakesReasonsFitToBeSent) {
  const auto answer = DecodeAnswer(Frame(STATION_LINK_ANSWER_REFUSED), std::string(1000, '\xff'));
  ASSERT_TRUE(answer.ok());
  EXPECT_LE(answer->reason.size(), 256u);
  EXPECT_EQ(answer->reason[0], '?');
}

TEST(LinkFramesTest, DecodesIndicators) {
  station_link_indicators_frame raw = {};
  raw.memory_bytes = 1000;
  raw.cpu_used = 0.25;
  raw.custom_count = 1;
  std::memcpy(raw.custom[0].name, "frames", 6);
  raw.custom[0].value = 30;
  const auto indicators = DecodeIndicators(Frame(STATION_LINK_INDICATORS), Bytes(raw));
  ASSERT_TRUE(indicators.ok()) << indicators.status();
  EXPECT_EQ(*indicators, (NativeIndicators{1000, 0.25, {{"frames", 30.0}}}));
}

TEST(LinkFramesTest, TakesNoNumbersThatAreNone) {
  station_link_indicators_frame raw = {};
  raw.cpu_used = std::numeric_limits<double>::quiet_NaN();
  raw.custom_count = 1;
  raw.custom[0].name[0] = 'a';
  raw.custom[0].value = std::numeric_limits<double>::infinity();
  const auto indicators = DecodeIndicators(Frame(STATION_LINK_INDICATORS), Bytes(raw));
  ASSERT_TRUE(indicators.ok());
  EXPECT_EQ(indicators->cpu_used, 0);
  EXPECT_EQ(indicators->custom[0].second, 0);
}

TEST(LinkFramesTest, RefusesIndicatorsThatAreNone) {
  station_link_indicators_frame raw = {};
  EXPECT_FALSE(DecodeIndicators(Frame(7), Bytes(raw)).ok());
  EXPECT_FALSE(DecodeIndicators(Frame(STATION_LINK_INDICATORS), Bytes(raw, 10)).ok());
  raw.custom_count = 17;
  EXPECT_FALSE(DecodeIndicators(Frame(STATION_LINK_INDICATORS), Bytes(raw)).ok());
  raw.custom_count = 1;
  EXPECT_FALSE(DecodeIndicators(Frame(STATION_LINK_INDICATORS), Bytes(raw)).ok());
}

}  // namespace
}  // namespace understudy::station_agent
