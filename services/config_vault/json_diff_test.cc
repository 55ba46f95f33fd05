#include "services/config_vault/json_diff.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

using Kind = JsonChange::Kind;
using Changes = std::vector<JsonChange>;

Changes Diff(std::string_view before, std::string_view after) {
  const auto changes = DiffJson(before, after);
  EXPECT_TRUE(changes.ok()) << changes.status();
  return changes.value_or(Changes{});
}

TEST(JsonDiffTest, EqualDocumentsHaveNoChanges) {
  EXPECT_EQ(Diff(R"({"a":[1,{"b":null}]})", R"({ "a" : [1, {"b":null}] })"), Changes{});
}

TEST(JsonDiffTest, TheOrderOfMembersIsNoDifference) {
  EXPECT_EQ(Diff(R"({"a":1,"b":{"c":1,"d":2}})", R"({"b":{"d":2,"c":1},"a":1})"), Changes{});
}

TEST(JsonDiffTest, ReportsMembersThatWereReplacedAddedAndRemoved) {
  EXPECT_EQ(Diff(R"({"z":1,"a":2,"m":3})", R"({"a":4,"new":5,"z":1})"),
            (Changes{{Kind::kReplaced, "/a", "2", "4"},
                     {Kind::kRemoved, "/m", "3", ""},
                     {Kind::kAdded, "/new", "", "5"}}));
}

TEST(JsonDiffTest, KeepsTheOrderOfTheDocument) {
  EXPECT_EQ(Diff(R"({"z":1,"a":{"y":1,"b":1}})", R"({"z":2,"a":{"y":2,"b":2}})"),
            (Changes{{Kind::kReplaced, "/z", "1", "2"},
                     {Kind::kReplaced, "/a/y", "1", "2"},
                     {Kind::kReplaced, "/a/b", "1", "2"}}));
}

TEST(JsonDiffTest, EscapesPathsAsJsonPointerSays) {
  EXPECT_EQ(Diff(R"({"a/b":{"c~d":1}})", R"({"a/b":{"c~d":2}})"),
            (Changes{{Kind::kReplaced, "/a~1b/c~0d", "1", "2"}}));
}

TEST(JsonDiffTest, ComparesArraysByIndex) {
  EXPECT_EQ(Diff("[1,2,3]", "[1,9]"),
            (Changes{{Kind::kReplaced, "/1", "2", "9"}, {Kind::kRemoved, "/2", "3", ""}}));
  EXPECT_EQ(Diff("[1]", "[1,2]"), (Changes{{Kind::kAdded, "/1", "", "2"}}));
}

TEST(JsonDiffTest, MatchesElementsByIdSoThatOneRemovedIsOneChange) {
  EXPECT_EQ(Diff(R"({"cameras":[{"id":"c1","fps":5},{"id":"c2","fps":5},{"id":"c3","fps":5}]})",
                 R"({"cameras":[{"id":"c2","fps":5},{"id":"c3","fps":9},{"id":"c4","fps":5}]})"),
            (Changes{{Kind::kRemoved, "/cameras/0", R"({"id":"c1","fps":5})", ""},
                     {Kind::kReplaced, "/cameras/1/fps", "5", "9"},
                     {Kind::kAdded, "/cameras/2", "", R"({"id":"c4","fps":5})"}}));
}

TEST(JsonDiffTest, ComparesByIndexWhereIdsAreReordered) {
  EXPECT_EQ(Diff(R"([{"id":1},{"id":2}])", R"([{"id":2},{"id":1}])"),
            (Changes{{Kind::kReplaced, "/0/id", "1", "2"}, {Kind::kReplaced, "/1/id", "2", "1"}}));
}

TEST(JsonDiffTest, ComparesByIndexWhereIdsAreMissingOrRepeated) {
  EXPECT_EQ(Diff(R"([{"id":1},{"x":1}])", R"([{"id":1},{"x":2}])"),
            (Changes{{Kind::kReplaced, "/1/x", "1", "2"}}));
  EXPECT_EQ(Diff(R"([{"id":1,"x":1},{"id":1,"x":1}])", R"([{"id":1,"x":1},{"id":1,"x":2}])"),
            (Changes{{Kind::kReplaced, "/1/x", "1", "2"}}));
}

TEST(JsonDiffTest, ANumberIsNotTheTextThatLooksLikeIt) {
  EXPECT_EQ(Diff("[1]", R"(["1"])"), (Changes{{Kind::kReplaced, "/0", "1", "\"1\""}}));
  EXPECT_EQ(Diff(R"([{"id":1,"a":1}])", R"([{"id":"1","a":1}])").size(), 2u);
}

TEST(JsonDiffTest, EqualNumbersInAnotherSpellingAreNoDifference) {
  EXPECT_EQ(Diff("[1, 100]", "[1.0, 1e2]"), Changes{});
}

TEST(JsonDiffTest, AnotherTypeReplacesTheWhole) {
  EXPECT_EQ(Diff(R"({"a":{"b":1}})", R"({"a":[1]})"),
            (Changes{{Kind::kReplaced, "/a", R"({"b":1})", "[1]"}}));
  EXPECT_EQ(Diff("1", "null"), (Changes{{Kind::kReplaced, "", "1", "null"}}));
}

TEST(JsonDiffTest, NoDocumentBecomesAnAddedRootAndBack) {
  EXPECT_EQ(Diff("", R"({"a":1})"), (Changes{{Kind::kAdded, "", "", R"({"a":1})"}}));
  EXPECT_EQ(Diff(R"({"a":1})", ""), (Changes{{Kind::kRemoved, "", R"({"a":1})", ""}}));
  EXPECT_EQ(Diff("", ""), Changes{});
}

TEST(JsonDiffTest, WhatIsNoJsonIsAnError) {
  EXPECT_EQ(ErrorReason(DiffJson("{", "{}").status()), "INVALID_JSON");
  EXPECT_EQ(ErrorReason(DiffJson("{}", "nope").status()), "INVALID_JSON");
}

TEST(JsonDiffTest, TooManyChangesAreAnError) {
  std::string before = "[0";
  std::string after = "[1";
  for (size_t i = 0; i < kMaxJsonChanges; ++i) {
    before += ",0";
    after += ",1";
  }
  EXPECT_EQ(ErrorReason(DiffJson(before + "]", after + "]").status()), "DIFF_TOO_LARGE");
}

TEST(JsonDiffTest, TooMuchTextIsAnError) {
  const std::string large(kMaxJsonDiffBytes, 'x');
  EXPECT_EQ(ErrorReason(DiffJson("\"a\"", "\"" + large + "\"").status()), "DIFF_TOO_LARGE");
}

TEST(JsonDiffTest, ManyMembersAreComparedQuickly) {
  std::string before = "{";
  for (int i = 0; i < 50'000; ++i) before += "\"k" + std::to_string(i) + "\":1,";
  EXPECT_EQ(Diff(before + "\"x\":1}", before + "\"x\":2}"),
            (Changes{{Kind::kReplaced, "/x", "1", "2"}}));
}

}  // namespace
}  // namespace understudy::config_vault
