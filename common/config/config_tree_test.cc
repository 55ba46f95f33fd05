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
  EXPECT_THAT(Problem("a: 1\n---\nb: 2\n"), HasSubstr("expected one document"));
  EXPECT_THAT(Problem("[a, b]: 1\n"), HasSubstr("a key must be plain text"));
  EXPECT_THAT(Problem("a: \"unfinished"), HasSubstr("line 1: "));
}

TEST(ConfigTreeTest, RefusesAKeyThatIsGivenTwice) {
  EXPECT_EQ(Problem("a: 1\nb: 2\na: 3\n"), "line 3: key \"a\" is given twice");
}

TEST(ConfigTreeTest, RefusesWhatPassesItsLimits) {
  EXPECT_THAT(Problem(std::string(kMaxConfigBytes + 1, '#')), HasSubstr("bytes"));
  EXPECT_THAT(Problem("a: " + std::string(40, '[') + std::string(40, ']')),
              HasSubstr("nested deeper than 32"));
  std::string many = "a: [";
  for (size_t i = 0; i < kMaxConfigNodes; ++i) many += "1,";
  EXPECT_THAT(Problem(many + "]"), HasSubstr("more than 100000 values"));
}

TEST(ConfigTreeTest, RefusesAliasesWhichCouldMultiplyOrNeverEnd) {
  EXPECT_EQ(Problem("a: &a [x]\nb: *a\n"), "line 2: aliases (*name) are not supported");
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
