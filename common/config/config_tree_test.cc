#include "common/config/config_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace understudy::config {
namespace {

using ::testing::HasSubstr;

std::string Problem(const std::string& yaml) {
  return std::string(ParseConfigTree(yaml).status().message());
}

TEST(ConfigTreeTest, TakesAnEmptyFileForAnEmptyMap) {
  for (const std::string yaml : {"", "\n", "# only a comment\n", "---\n", "~"}) {
    const auto tree = ParseConfigTree(yaml);
    ASSERT_TRUE(tree.ok()) << yaml << tree.status();
    EXPECT_EQ(tree->kind, ConfigNode::Kind::kMap);
    EXPECT_TRUE(tree->entries.empty());
  }
}

TEST(ConfigTreeTest, KeepsLinesAndQuotes) {
  const auto tree = ParseConfigTree("a: 1\nb:\n  c: 'x'\nd:\n");
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->entries.at("a").line, 1);
  EXPECT_FALSE(tree->entries.at("a").quoted);
  EXPECT_EQ(tree->entries.at("b").entries.at("c").line, 3);
  EXPECT_TRUE(tree->entries.at("b").entries.at("c").quoted);
  EXPECT_EQ(tree->entries.at("d").kind, ConfigNode::Kind::kNull);
  EXPECT_EQ(tree->entries.at("d").line, 4);
}

TEST(ConfigTreeTest, RefusesWhatIsNoMap) {
  EXPECT_EQ(Problem("just text"), "line 1: expected \"key: value\" lines, found \"just text\"");
  EXPECT_THAT(Problem("- a\n- b\n"), HasSubstr("found a list"));
  EXPECT_THAT(Problem("a: 1\n---\nb: 2\n"), HasSubstr("a second document"));
  EXPECT_THAT(Problem("[a, b]: 1\n"), HasSubstr("a key must be plain text"));
  EXPECT_THAT(Problem("a: \"unfinished"), HasSubstr("not YAML"));
}

TEST(ConfigTreeTest, RefusesAKeyThatIsGivenTwice) {
  EXPECT_EQ(Problem("a: 1\nb: 2\na: 3\n"), "line 3: key \"a\" is given twice");
}

TEST(ConfigTreeTest, RefusesWhatPassesItsLimits) {
  EXPECT_THAT(Problem(std::string(kMaxConfigBytes + 1, '#')), HasSubstr("bytes"));
  EXPECT_THAT(Problem("a: " + std::string(40, '[') + std::string(40, ']')),
              HasSubstr("nested deeper than 32"));
  // Anchors that multiply: 10^6 values in a few lines.
  std::string laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i <= 5; ++i) {
    absl::StrAppend(&laughs, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&laughs, j == 0 ? "" : ",", "*a", i - 1);
    absl::StrAppend(&laughs, "]\n");
  }
  EXPECT_THAT(Problem(laughs), HasSubstr("more than 100000 values"));
  // An anchor that contains itself.
  EXPECT_FALSE(ParseConfigTree("a: &a [*a]\n").ok());
}

TEST(ConfigTreeTest, EscapesAndShortensWhatItQuotes) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kScalar;
  node.scalar = "a\n\"b\"";
  EXPECT_EQ(Describe(node), "\"a\\n\\\"b\\\"\"");
  node.scalar = std::string(500, 'x');
  EXPECT_EQ(Describe(node), "\"" + std::string(100, 'x') + "...\"");
}

}  // namespace
}  // namespace understudy::config
