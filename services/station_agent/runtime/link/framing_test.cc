#include "services/station_agent/runtime/link/framing.h"

#include <gtest/gtest.h>

#include <vector>

namespace understudy::station_agent::runtime {
namespace {

// Feeds `bytes` in pieces of `piece` and collects the frames.
std::vector<std::string> Decode(Framer& framer, std::string_view bytes, size_t piece) {
  std::vector<std::string> frames;
  while (!bytes.empty()) {
    framer.Append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (auto frame = framer.Next(); frame.ok() && frame->has_value(); frame = framer.Next()) {
      frames.push_back(**frame);
    }
  }
  return frames;
}

class FramingTest : public testing::TestWithParam<size_t> {};

TEST_P(FramingTest, LengthPrefixedFramesComeBackWhole) {
  for (const int width : {1, 2, 4}) {
    const auto framer = MakeLengthPrefixedFramer(width, 200);
    std::string bytes;
    const std::vector<std::string> frames = {"", "a", std::string(200, 'x'), "end"};
    for (const std::string& frame : frames) bytes += framer->Encode(frame).value();
    EXPECT_EQ(Decode(*framer, bytes, GetParam()), frames);
    EXPECT_FALSE(framer->in_frame());
  }
}

TEST_P(FramingTest, DelimitedFramesComeBackWhole) {
  const auto framer = MakeDelimiterFramer("\r\n", 50);
  const std::vector<std::string> frames = {"AT", "", "\r", "OK\n", "last"};
  std::string bytes;
  for (const std::string& frame : frames) bytes += framer->Encode(frame).value();
  EXPECT_EQ(Decode(*framer, bytes, GetParam()), frames);
}

INSTANTIATE_TEST_SUITE_P(Pieces, FramingTest, testing::Values(1, 2, 3, 7, 1000));

TEST(FramerTest, RefusesWhatIsTooLong) {
  const auto prefixed = MakeLengthPrefixedFramer(2, 10);
  EXPECT_FALSE(prefixed->Encode(std::string(11, 'x')).ok());
  prefixed->Append(std::string("\x01\x00", 2));
  EXPECT_EQ(prefixed->Next().status().code(), absl::StatusCode::kResourceExhausted);
  const auto delimited = MakeDelimiterFramer("\n", 10);
  EXPECT_FALSE(delimited->Encode("two\nlines").ok());
  delimited->Append(std::string(12, 'x'));
  EXPECT_EQ(delimited->Next().status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(ModbusRtuFramerTest, SilenceEndsAFrameAndTheCrcIsChecked) {
  ModbusRtuFramer framer(absl::Milliseconds(2));
  // Read holding registers, as the specification's example has it.
  const std::string request("\x01\x03\x00\x00\x00\x0a", 6);
  EXPECT_EQ(framer.Encode(request).value(), request + "\xc5\xcd");
  framer.Append(request.substr(0, 2));
  EXPECT_TRUE(framer.in_frame());
  EXPECT_FALSE(framer.Next().value().has_value());
  framer.Append(request.substr(2) + "\xc5\xcd");
  framer.OnSilence();
  EXPECT_EQ(framer.Next().value(), request);
  framer.Append(request + "\xc5\xce");
  framer.OnSilence();
  framer.Append(std::string(300, 'x'));
  framer.OnSilence();
  EXPECT_FALSE(framer.Next().value().has_value());
  EXPECT_EQ(framer.dropped(), 2u);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
