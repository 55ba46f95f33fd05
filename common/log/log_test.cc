#include "common/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace understudy::log {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// What `write` sends to stderr.
template <typename Write>
std::string Captured(Write write) {
  ::testing::internal::CaptureStderr();
  write();
  return ::testing::internal::GetCapturedStderr();
}

TEST(LogTest, WritesOneTextLinePerRecord) {
  Init({.level = Level::kInfo, .format = Format::kText});
  const Logger log("membership");
  const std::string lines =
      Captured([&] { log.With("epoch", 7).Warn("station {} said {}", "s-1", "a\nb"); });
  EXPECT_THAT(lines, MatchesRegex("[0-9-]+T[0-9:.]+Z W \\[membership\\] station s-1 said "
                                  "a\\\\nb epoch=7\n"));
}

TEST(LogTest, WritesOneJsonObjectPerRecord) {
  Init({.level = Level::kInfo, .format = Format::kJson});
  const Logger log("membership");
  // A percent sign is no pattern of the time stamp's formatter.
  const std::string line =
      Captured([&] { log.With("peer", "\"%v\" \xFF").Error("{} % of \"{}\" %v\n", 97, "memory"); });
  ASSERT_THAT(line, ::testing::EndsWith("\n"));
  const auto record = nlohmann::json::parse(line);
  EXPECT_EQ(record["level"], "error");
  EXPECT_EQ(record["component"], "membership");
  EXPECT_EQ(record["message"], "97 % of \"memory\" %v\n");
  EXPECT_EQ(record["peer"], "\"%v\" \xEF\xBF\xBD");
  EXPECT_THAT(record["time"].get<std::string>(),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z"));
}

TEST(LogTest, LeavesOutWhatIsBelowItsLevel) {
  Init({.level = Level::kWarn, .format = Format::kText});
  const Logger log("c");
  const std::string lines = Captured([&] {
    log.Debug("one");
    log.Info("two");
    log.Warn("three");
    log.Error("four");
  });
  EXPECT_THAT(lines, Not(HasSubstr("one")));
  EXPECT_THAT(lines, Not(HasSubstr("two")));
  EXPECT_THAT(lines, HasSubstr("W [c] three"));
  EXPECT_THAT(lines, HasSubstr("E [c] four"));
  EXPECT_FALSE(IsEnabled(Level::kInfo));
  EXPECT_TRUE(IsEnabled(Level::kError));
}

TEST(LogTest, AddsFieldsToACopyOnly) {
  Init({});
  const Logger log("c");
  const Logger with = log.With("a", 1).With("b", "x y");
  EXPECT_THAT(Captured([&] { with.Info("m"); }), HasSubstr("[c] m a=1 b=\"x y\"\n"));
  EXPECT_THAT(Captured([&] { log.Info("m"); }), HasSubstr("[c] m\n"));
}

TEST(LogConfigTest, KnowsItsWords) {
  EXPECT_EQ(ParseLevel("debug"), Level::kDebug);
  EXPECT_EQ(ParseLevel("info"), Level::kInfo);
  EXPECT_EQ(ParseLevel("warn"), Level::kWarn);
  EXPECT_EQ(ParseLevel("error"), Level::kError);
  EXPECT_FALSE(ParseLevel("INFO").has_value());
  EXPECT_EQ(ParseFormat("text"), Format::kText);
  EXPECT_EQ(ParseFormat("json"), Format::kJson);
  EXPECT_FALSE(ParseFormat("xml").has_value());
}

}  // namespace
}  // namespace understudy::log
