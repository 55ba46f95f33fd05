#include "common/log/log_line.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace understudy::log {
namespace {

using nlohmann::json;

json Parsed(const std::string& members) { return json::parse("{" + members + "}"); }

TEST(LogLineTest, WritesTextForPeople) {
  EXPECT_EQ(TextLine("membership", "station joined", {}), "[membership] station joined");
  EXPECT_EQ(TextLine("membership", "joined", {{"station", "s-1"}, {"epoch", "7"}}),
            "[membership] joined station=s-1 epoch=7");
}

TEST(LogLineTest, KeepsARecordOnOneLine) {
  EXPECT_EQ(TextLine("c", "a\nb\r\x1b[31m", {{"k", "v\nw"}}), "[c] a\\nb\\x0d\\x1b[31m k=v\\nw");
}

TEST(LogLineTest, QuotesValuesThatWouldBeMisread) {
  EXPECT_EQ(TextLine("c", "m", {{"a", "two words"}, {"b", ""}, {"d", "say \"x\""}, {"e", "f=g"}}),
            "[c] m a=\"two words\" b=\"\" d=\"say \\\"x\\\"\" e=\"f=g\"");
}

TEST(LogLineTest, WritesJsonForPrograms) {
  const json line = Parsed(JsonMembers("vault", "put \"x\"\n", {{"revision", "5"}}));
  EXPECT_EQ(line["component"], "vault");
  EXPECT_EQ(line["message"], "put \"x\"\n");
  EXPECT_EQ(line["revision"], "5");
}

TEST(LogLineTest, RenamesFieldsThatAreTaken) {
  const json line =
      Parsed(JsonMembers("c", "m", {{"message", "1"}, {"time", "2"}, {"a", "3"}, {"a", "4"}}));
  EXPECT_EQ(line["message"], "m");
  EXPECT_EQ(line["_message"], "1");
  EXPECT_EQ(line["_time"], "2");
  EXPECT_EQ(line["a"], "3");
  EXPECT_EQ(line["_a"], "4");
}

TEST(LogLineTest, MakesValidJsonOfAnyTwoBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {'x', static_cast<char>(first), static_cast<char>(second), 'y'};
      const std::string quoted = JsonString(text);
      EXPECT_TRUE(json::accept(quoted)) << first << " " << second;
      EXPECT_EQ(quoted.find('\n'), std::string::npos);
    }
  }
}

TEST(LogLineTest, KeepsValidUtf8AndReplacesTheRest) {
  EXPECT_EQ(json::parse(JsonString("żółw €😀")), "żółw €😀");
  const std::string replacement = "\xEF\xBF\xBD";
  // Overlong, surrogate, past the end, cut short.
  for (const std::string text : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    const std::string value = json::parse(JsonString(text));
    EXPECT_EQ(value.substr(0, 3), replacement);
  }
}

}  // namespace
}  // namespace understudy::log
