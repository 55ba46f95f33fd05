#include "common/config/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace understudy::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

ConfigReader Reader(std::string_view yaml) { return ConfigReader::FromText(yaml, "x.yaml"); }

std::string Problems(ConfigReader& reader) { return std::string(reader.Finish().message()); }

TEST(ConfigReaderTest, ReadsEveryType) {
  ConfigReader reader = Reader(R"(
name: control-1
on: true
count: -7
share: 0.25
interval: 1.5s
size: 4MiB
mode: scheduled
listen: "[::1]:7102"
hosts: [a, b]
labels: {site: north}
capabilities: {camera.rtsp: 16, npu.tops: 8}
limits: {cpu: 0.9}
peers:
  - {host: h1}
  - {host: h2}
)");
  EXPECT_EQ(reader.String("name"), "control-1");
  EXPECT_TRUE(reader.Bool("on"));
  EXPECT_EQ(reader.Int("count", {-10, 10}), -7);
  EXPECT_EQ(reader.Double("share", {0, 1}), 0.25);
  EXPECT_EQ(reader.Duration("interval", {absl::ZeroDuration(), absl::Seconds(2)}),
            absl::Milliseconds(1500));
  EXPECT_EQ(reader.Size("size", {1, 8 << 20}), 4u << 20);
  EXPECT_EQ(reader.Choice("mode", {"real_time", "scheduled"}), "scheduled");
  EXPECT_EQ(reader.Address("listen"), "[::1]:7102");
  EXPECT_THAT(reader.Strings("hosts"), ElementsAre("a", "b"));
  EXPECT_THAT(reader.StringMap("labels"), ElementsAre(Pair("site", "north")));
  EXPECT_THAT(reader.Counts("capabilities"),
              ElementsAre(Pair("camera.rtsp", 16), Pair("npu.tops", 8)));
  EXPECT_EQ(reader.Section("limits").Double("cpu", {0, 1}), 0.9);
  std::string hosts;
  for (ConfigReader& peer : reader.Sections("peers")) hosts += peer.String("host");
  EXPECT_EQ(hosts, "h1h2");
  EXPECT_TRUE(reader.Finish().ok()) << Problems(reader);
}

TEST(ConfigReaderTest, GivesDefaultsForWhatIsAbsentOrEmpty) {
  ConfigReader reader = Reader("name:\n");
  EXPECT_EQ(reader.StringOr("name", "me"), "me");
  EXPECT_TRUE(reader.BoolOr("on", true));
  EXPECT_EQ(reader.IntOr("count", 3, {0, 10}), 3);
  EXPECT_EQ(reader.DoubleOr("share", 0.5, {0, 1}), 0.5);
  EXPECT_EQ(
      reader.DurationOr("interval", absl::Seconds(1), {absl::ZeroDuration(), absl::Seconds(2)}),
      absl::Seconds(1));
  EXPECT_EQ(reader.SizeOr("size", 5, {1, 10}), 5u);
  EXPECT_EQ(reader.ChoiceOr("mode", "a", {"a", "b"}), "a");
  EXPECT_EQ(reader.AddressOr("listen", "h:1"), "h:1");
  EXPECT_THAT(reader.Strings("hosts"), IsEmpty());
  EXPECT_THAT(reader.StringMap("labels"), IsEmpty());
  EXPECT_THAT(reader.Counts("capabilities"), IsEmpty());
  EXPECT_THAT(reader.Sections("peers"), IsEmpty());
  EXPECT_EQ(reader.SectionOr("limits").DoubleOr("cpu", 0.9, {0, 1}), 0.9);
  EXPECT_TRUE(reader.Finish().ok()) << Problems(reader);
}

TEST(ConfigReaderTest, ReportsEveryProblemAtOnceInTheOrderOfTheFile) {
  ConfigReader reader = Reader(R"(count: many
share: 2
tls:
  certificate: [a]
extra: 1
)");
  reader.Double("share", {0, 1});
  reader.Section("tls").String("certificate");
  reader.Int("count", {1, 10});
  reader.String("name");
  EXPECT_EQ(Problems(reader),
            "x.yaml:1: count: expected a whole number from 1 to 10, found \"many\"\n"
            "x.yaml:1: name: is required, found nothing\n"
            "x.yaml:2: share: expected a number from 0 to 1, found \"2\"\n"
            "x.yaml:4: tls.certificate: expected text, found a list\n"
            "x.yaml:5: extra: is not a key that is known here; known are: count, name, share, tls");
}

struct Row {
  std::string yaml;
  std::string problem;
};

TEST(ConfigReaderTest, SaysWhatWasFoundAndWhatWouldBeRight) {
  const std::vector<Row> table = {
      {"d: fast", "expected a duration (like \"100ms\") from 1ms to 10s, found \"fast\""},
      {"d: 11s", "expected a duration (like \"100ms\") from 1ms to 10s, found \"11s\""},
      {"d: -1s", "found \"-1s\""},
      {"d: {a: 1}", "found a map"},
      {"z: 5MB", "expected a size (like \"4MiB\") from 1KiB to 1GiB, found \"5MB\""},
      {"z: 100", "found \"100\""},
      {"f: nan", "expected a number from 0 to 1, found \"nan\""},
      {"f: 1e400", "found \"1e400\""},
      {"b: yes", "expected true or false, found \"yes\""},
      {"b: 'true'", "expected true or false, found \"true\""},
      {"c: x", "expected a or b, found \"x\""},
      {"a: 'host'", "expected HOST:PORT, found \"host\""},
      {"a: host:65536", "expected HOST:PORT, found \"host:65536\""},
      {"l: text", "expected a list of texts, found \"text\""},
      {"l: [[x]]", "expected a list of texts, found a list"},
      {"m: text", "expected a section of keys, found \"text\""},
      {"n: {camera: -1}", "n.camera: expected a whole number from 0 to 4294967295, found \"-1\""},
      {"s: [x]", "expected a section of keys as item 1, found \"x\""},
      {"s: x", "expected a list of sections, found \"x\""},
  };
  for (const Row& row : table) {
    ConfigReader reader = Reader(row.yaml);
    reader.DurationOr("d", absl::Seconds(1), {absl::Milliseconds(1), absl::Seconds(10)});
    reader.SizeOr("z", 1024, {1024, 1 << 30});
    reader.DoubleOr("f", 0, {0, 1});
    reader.BoolOr("b", false);
    reader.ChoiceOr("c", "a", {"a", "b"});
    reader.AddressOr("a", "");
    reader.Strings("l");
    reader.StringMap("m");
    reader.Counts("n");
    reader.Sections("s");
    EXPECT_THAT(Problems(reader), HasSubstr(row.problem)) << row.yaml;
  }
}

TEST(ConfigReaderTest, FindsUnknownKeysInSectionsAndLists) {
  ConfigReader reader = Reader("a: {b: 1, typo: 2}\nc:\n- {typo: 3}\n");
  reader.Section("a").Int("b", {0, 10});
  reader.Sections("c");
  const std::string problems = Problems(reader);
  EXPECT_THAT(problems, HasSubstr("x.yaml:1: a.typo: is not a key"));
  EXPECT_THAT(problems, HasSubstr("x.yaml:3: c[0].typo: is not a key"));
}

TEST(ConfigReaderTest, EscapesKeysThatCannotBePrinted) {
  ConfigReader reader = Reader("\"a\\nb\\e[31m\": 1\n");
  EXPECT_THAT(Problems(reader), HasSubstr("x.yaml:1: a\\nb\\033[31m: is not a key"));
}

TEST(ConfigReaderTest, NotesOneProblemForAMissingSection) {
  ConfigReader reader = Reader("");
  ConfigReader tls = reader.Section("tls");
  tls.String("certificate");
  tls.Section("deeper").String("key");
  EXPECT_EQ(Problems(reader), "x.yaml: tls: is required, found nothing");
}

TEST(ConfigReaderTest, TakesOverridesLikeKeysOfTheFile) {
  ConfigReader reader = Reader("listen: a:1\nlog: text\n");
  reader.Override("listen", "b:2", "--listen");
  reader.Override("log.level", "loud", "--log_level");
  EXPECT_EQ(reader.Address("listen"), "b:2");
  reader.Section("log").Choice("level", {"info"});
  EXPECT_EQ(Problems(reader), "--log_level: log.level: expected info, found \"loud\"");
}

TEST(ConfigReaderTest, CarriesProblemsThatTheCallerFound) {
  ConfigReader reader = Reader("a: 1\nb: 2\n");
  EXPECT_FALSE(reader.has_problems());
  if (reader.Int("b", {0, 9}) > reader.Int("a", {0, 9})) {
    reader.Problem("b", "expected at most a, 1, found 2");
  }
  EXPECT_TRUE(reader.has_problems());
  EXPECT_EQ(Problems(reader), "x.yaml:2: b: expected at most a, 1, found 2");
}

TEST(ConfigReaderTest, ReportsOnlyTheSyntaxOfWhatIsNoYaml) {
  ConfigReader reader = Reader("a: [1\nb: 2\n");
  reader.String("name");
  EXPECT_THAT(Problems(reader), ::testing::MatchesRegex("x.yaml: line [0-9]: .*"));
}

TEST(ConfigReaderTest, LeavesASectionUncheckedWhenAsked) {
  ConfigReader reader = Reader("a: {b: 1}");
  reader.SectionOr("a").IgnoreKeys();
  reader.SectionOr("absent").IgnoreKeys();
  EXPECT_TRUE(reader.Finish().ok());
}

}  // namespace
}  // namespace understudy::config
