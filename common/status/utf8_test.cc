#include "common/status/utf8.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(Utf8Test, CountsCharactersNotBytes) {
  EXPECT_EQ(Utf8Length(""), 0u);
  EXPECT_EQ(Utf8Length("gate"), 4u);
  EXPECT_EQ(Utf8Length("\u00fcber \u20ac \U0001F3AD"), 8u);
  EXPECT_EQ(Utf8Length(std::string_view("\0a", 2)), 2u);
}

TEST(Utf8Test, RefusesWhatRfc3629Forbids) {
  const std::string_view bad[] = {
      "\x80",              // a continuation without a lead
      "\xC0\x80",          // overlong zero
      "\xC1\xBF",          // overlong ASCII
      "\xE0\x9F\xBF",      // overlong, three bytes
      "\xF0\x8F\xBF\xBF",  // overlong, four bytes
      "\xED\xA0\x80",      // a surrogate
      "\xF4\x90\x80\x80",  // above U+10FFFF
      "\xF5\x80\x80\x80",  // no such lead
      "\xFF",              // no such lead
      "\xC3",              // cut short
      "\xE2\x82",          // cut short
      "\xE2\x28\xA1",      // the second byte is none
      "\xE2\x82\x28",      // the third byte is none
  };
  for (const std::string_view text : bad) {
    EXPECT_EQ(Utf8Length(text), std::nullopt) << text.size();
  }
}

TEST(Utf8Test, AcceptsTheEdgesOfEachLength) {
  for (const std::string_view text :
       {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(Utf8Length(text), 1u) << text.size();
  }
}

TEST(ToValidUtf8Test, ReplacesEachBadByteAndKeepsTheRest) {
  EXPECT_EQ(ToValidUtf8("a\xFF\u20ac\xE2\x82", 100), "a?\u20ac??");
}

TEST(ToValidUtf8Test, KeepsTextThatFitsExactly) { EXPECT_EQ(ToValidUtf8("abcd", 4), "abcd"); }

TEST(ToValidUtf8Test, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(ToValidUtf8("abcdefgh", 6), "abc...");
  EXPECT_EQ(ToValidUtf8("ab\u20ac\u20ac\u20ac", 7), "ab...");
}

TEST(ToValidUtf8Test, HasNoRoomToSayThatItCut) {
  EXPECT_EQ(ToValidUtf8("abcd", 2), "");
  EXPECT_EQ(ToValidUtf8("abcd", 3), "...");
}

}  // namespace
}  // namespace understudy
