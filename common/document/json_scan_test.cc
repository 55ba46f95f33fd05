#include "common/document/json_scan.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace understudy {
namespace {

constexpr size_t kDepth = 64;

bool IsSurelyGood(std::string_view text) { return IsSurelyGoodJson(text, kDepth); }

std::string ObjectOf(int keys) {
  std::string object = "{";
  for (int i = 0; i < keys; ++i)
    object += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  object.back() = '}';
  return object;
}

std::string WithKey(std::string object, const std::string& key) {
  object.back() = ',';
  return object + "\"" + key + "\":0}";
}

TEST(JsonScanTest, IsSureOfWhatADocumentUsuallyIs) {
  for (const char* text : {"{}", "[]", "null", "-1.5e-3", "\"x\"", " \t\r\n{ } \n",
                           R"({"a":[1,{"b":"\u00fc\/"}],"c":{"a":true}})", R"("\ud83c\udfad")"}) {
    EXPECT_TRUE(IsSurelyGood(text)) << text;
  }
}

TEST(JsonScanTest, IsNotSureOfWhatIsNoJson) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("{"), std::string_view("[1,]"),
        std::string_view("{} {}"), std::string_view("01"), std::string_view("\"\xFF\""),
        std::string_view("\"\\ud800\""), std::string_view("\"\\udc00\""),
        std::string_view("\xEF\xBB\xBF{}"), std::string_view("{}\0", 3),
        std::string_view("1e999")}) {
    EXPECT_FALSE(IsSurelyGood(text)) << text;
  }
}

TEST(JsonScanTest, SeesAKeyTwiceHoweverManyThereAre) {
  for (const int keys : {1, 2, 11, 12, 13, 14, 500}) {
    const std::string object = ObjectOf(keys);
    EXPECT_TRUE(IsSurelyGood(object)) << keys;
    EXPECT_FALSE(IsSurelyGood(WithKey(object, "k0"))) << keys;
    EXPECT_FALSE(IsSurelyGood(WithKey(object, "k" + std::to_string(keys - 1)))) << keys;
    EXPECT_FALSE(IsSurelyGood("[[{\"a\":" + WithKey(object, "\\u006b0") + "}]]")) << keys;
  }
}

TEST(JsonScanTest, IsNotSureOfWhatIsDeeperThanTheLimit) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(IsSurelyGood(nested(kDepth - 1)));
  EXPECT_FALSE(IsSurelyGood(nested(kDepth + 1)));
  EXPECT_FALSE(IsSurelyGood(std::string(100'000, '[')));
}

TEST(JsonScanTest, LeavesLongTextsToTheReader) {
  EXPECT_TRUE(IsSurelyGood("\"" + std::string(kMaxScannedBytes - 2, 'x') + "\""));
  EXPECT_FALSE(IsSurelyGood("\"" + std::string(kMaxScannedBytes - 1, 'x') + "\""));
}

TEST(JsonScanTest, RemembersNothingOfTheTextBefore) {
  EXPECT_TRUE(IsSurelyGood(ObjectOf(2000)));
  EXPECT_FALSE(IsSurelyGood("{\"a\":1"));
  EXPECT_TRUE(IsSurelyGood("[1]"));
  std::thread([] { EXPECT_TRUE(IsSurelyGood(ObjectOf(20))); }).join();
}

}  // namespace
}  // namespace understudy
