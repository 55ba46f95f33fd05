#include "common/document/document_checker.h"

#include <gtest/gtest.h>

#include <string>

#include "common/document/compression.h"
#include "common/status/status.h"

namespace understudy {
namespace {

absl::Status CheckJson(std::string_view content) {
  return CheckDocument(kJsonContentType, content);
}

// "line:column" of what is wrong; the reason when it is not INVALID_JSON.
std::string Place(std::string_view content) {
  const absl::Status status = CheckJson(content);
  if (ErrorReason(status) != "INVALID_JSON") return "reason " + ErrorReason(status);
  ErrorMetadataMap metadata = ErrorMetadata(status);
  return metadata["line"] + ":" + metadata["column"];
}

std::string Nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(DocumentCheckerTest, AcceptsWhatRfc8259CallsJson) {
  for (const char* content :
       {"{}", "[]", "null", "0", "-1.5e-3", "\"x\"", " \t\r\n{ } \n",
        R"({"a":[1,{"b":"\u00fc\/"}]})", "\"\u00fc \U0001F3AD\"", R"("\ud83c\udfad")",
        R"({"a":{"x":1},"b":{"x":1}})", R"({"":1})", "123456789012345678901234567890"}) {
    EXPECT_TRUE(CheckJson(content).ok()) << content << " " << CheckJson(content);
  }
}

TEST(DocumentCheckerTest, RefusesEverythingElse) {
  for (const char* content : {"",        " ",       "{",           "[1,]",     "{\"a\":1,}",
                              "{a:1}",   "{'a':1}", "nul",         "01",       "+1",
                              ".5",      "1.",      "NaN",         "Infinity", "\"a",
                              "\"\t\"",  "{} {}",   "// c\n{}",    "[1 2]",    "{\"a\" 1}",
                              "\"\\x\"", "]",       "\"\\ud800\"", "1e999",    "\xEF\xBB\xBF{}"}) {
    EXPECT_EQ(ErrorReason(CheckJson(content)), "INVALID_JSON") << content;
  }
}

TEST(DocumentCheckerTest, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(Place("{\"a\": \"\xFF\"}"), "1:8");
  EXPECT_EQ(Place("\"\xC0\x80\""), "1:2");
  EXPECT_EQ(Place("\"\xED\xA0\x80\""), "1:3");
}

TEST(DocumentCheckerTest, LooksPastAZeroByte) {
  EXPECT_EQ(Place(std::string_view("{}\0garbage", 10)), "1:3");
  EXPECT_EQ(Place(std::string_view("{}\0", 3)), "1:3");
  EXPECT_EQ(Place(std::string_view("\"\0\"", 3)), "1:2");
}

TEST(DocumentCheckerTest, SaysInWhichLineAndColumn) {
  EXPECT_EQ(Place("{\n  \"a\": 1,\n  \"b\": ?\n}"), "3:8");
  EXPECT_EQ(Place("{\r\n\"a\": ,\r\n}"), "2:6");
  EXPECT_EQ(Place("[1,\n2"), "2:2");
  EXPECT_EQ(Place(""), "1:1");
}

TEST(DocumentCheckerTest, CountsColumnsInCharacters) {
  EXPECT_EQ(Place("{\"\u00fc\U0001F3AD\": ?}"), "1:8");
}

TEST(DocumentCheckerTest, PutsThePlaceIntoTheMessage) {
  const std::string message(CheckJson("{\"a\": ?}").message());
  EXPECT_EQ(message.substr(0, 19), "line 1, column 7: s") << message;
}

TEST(DocumentCheckerTest, QuotesNoValues) {
  for (const char* content : {R"({"url": "rtsp://root:secret@cam" 5})", R"({"url": "secret)",
                              "{\"url\": \"secret\n\"}", "{\"pin\": 4711e999}", "[4711x]"}) {
    const absl::Status status = CheckJson(content);
    EXPECT_EQ(ErrorReason(status), "INVALID_JSON");
    EXPECT_EQ(std::string(status.message()).find("secret"), std::string::npos) << status;
    EXPECT_EQ(std::string(status.message()).find("4711"), std::string::npos) << status;
  }
}

TEST(DocumentCheckerTest, RefusesAKeyTwiceAndPointsAtIt) {
  const absl::Status status = CheckJson("{\"cams\": [{\"id\": 1}, {\n\"id\": 1, \"id\": 2}]}");
  EXPECT_EQ(ErrorReason(status), "INVALID_JSON");
  EXPECT_EQ(ErrorMetadata(status),
            (ErrorMetadataMap{{"line", "2"}, {"column", "10"}, {"path", "/cams/1/id"}}));
}

TEST(DocumentCheckerTest, ComparesKeysByWhatTheyMean) {
  EXPECT_EQ(Place(R"({"a": 1, "\u0061": 2})"), "1:10");
  EXPECT_EQ(Place(R"({"\"\\": 1, "\"\\": 2})"), "1:13");
  EXPECT_TRUE(CheckJson(R"({"a": 1, "A": 2})").ok());
}

TEST(DocumentCheckerTest, RefusesMoreDepthThanTheLimit) {
  EXPECT_TRUE(CheckJson(Nested(kMaxJsonDepth)).ok());
  EXPECT_EQ(Place(Nested(kMaxJsonDepth + 1)), "1:65");
  EXPECT_EQ(Place(std::string(1'000'000, '[')), "1:65");
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  EXPECT_EQ(ErrorReason(CheckJson(objects)), "INVALID_JSON");
}

TEST(DocumentCheckerTest, RefusesADocumentOverTheLimitWhateverItsType) {
  const std::string largest = "\"" + std::string(kMaxDocumentBytes - 2, 'x') + "\"";
  EXPECT_TRUE(CheckJson(largest).ok());
  for (const char* type : {"application/json", "text/plain"}) {
    const absl::Status status = CheckDocument(type, largest + " ");
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ErrorReason(status), "DOCUMENT_TOO_LARGE");
    EXPECT_EQ(ErrorMetadata(status)["limit_bytes"], "4194304");
  }
}

TEST(DocumentCheckerTest, LeavesOtherTypesAlone) {
  EXPECT_TRUE(CheckDocument("application/octet-stream", std::string_view("\0\xFF{", 3)).ok());
  EXPECT_TRUE(CheckDocument("application/vnd.site+json", "not json").ok());
}

TEST(DocumentCheckerTest, TakesJsonAsTheDefault) {
  EXPECT_TRUE(CheckDocument("", "{}").ok());
  EXPECT_EQ(ErrorReason(CheckDocument("", "{")), "INVALID_JSON");
}

TEST(DocumentCheckerTest, RefusesContentTypesThatAreNone) {
  const std::string long_type = "a/" + std::string(200, 'b');
  const std::string_view bad[] = {"json",
                                  "/",
                                  "a/",
                                  "/b",
                                  "a/b/c",
                                  "Application/JSON",
                                  "application/json; charset=utf-8",
                                  "a/\xFF",
                                  long_type};
  for (const std::string_view type : bad) {
    EXPECT_EQ(ErrorReason(CheckDocument(type, "{}")), "INVALID_CONTENT_TYPE") << type;
  }
}

}  // namespace
}  // namespace understudy
