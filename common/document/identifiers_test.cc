#include "common/document/identifiers.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace understudy {
namespace {

std::string Repeat(std::string_view part, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += part;
  return text;
}

TEST(IdentifiersTest, AcceptsStationIdsAsTheProtoStatesThem) {
  for (const char* id : {"a", "7", "gate-1", "north--gate"}) {
    EXPECT_TRUE(CheckStationId(id).ok()) << id;
    EXPECT_TRUE(CheckDutyId(id).ok()) << id;
    EXPECT_TRUE(CheckControlNodeId(id).ok()) << id;
  }
  EXPECT_TRUE(CheckStationId(std::string(63, 'a')).ok());
}

TEST(IdentifiersTest, RefusesOtherStationIdsWithTheReasonOfTheirKind) {
  const std::string long_id(64, 'a');
  const std::string_view bad[] = {"",       "-",         "-gate",  "gate-", "Gate",  "gate 1",
                                  "gate.1", "g\u00e4te", "gate/1", long_id, "gate\n"};
  for (const std::string_view id : bad) {
    EXPECT_EQ(ErrorReason(CheckStationId(id)), "INVALID_STATION_ID") << id;
    EXPECT_EQ(ErrorReason(CheckDutyId(id)), "INVALID_DUTY") << id;
    EXPECT_EQ(ErrorReason(CheckControlNodeId(id)), "INVALID_NODE") << id;
  }
}

TEST(IdentifiersTest, SaysWhichValueItRefused) {
  const absl::Status status = CheckStationId("Gate\xFF");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorMetadata(status)["value"], "Gate?");
  EXPECT_NE(std::string(status.message()).find("\"Gate?\" must be"), std::string::npos);
}

TEST(IdentifiersTest, AcceptsDocumentNamesWithGoodParts) {
  for (const char* name : {"a", "duties/gate-1", "A/b.c/_d-e", "...", ".hidden/x"}) {
    EXPECT_TRUE(CheckDocumentName(name).ok()) << name;
  }
  EXPECT_TRUE(CheckDocumentName(std::string(200, 'a')).ok());
}

TEST(IdentifiersTest, RefusesDocumentNamesThatCouldLeadAstray) {
  const std::string long_name(201, 'a');
  const std::string_view bad[] = {"",    "/",    "/a",  "a/",   "a//b", ".",      "..",
                                  "a/.", "../a", "a b", "a/..", "a\\b", "\u00fc", long_name};
  for (const std::string_view name : bad) {
    EXPECT_EQ(ErrorReason(CheckDocumentName(name)), "INVALID_NAME") << name;
  }
}

TEST(IdentifiersTest, ChecksChildDeviceIds) {
  EXPECT_TRUE(CheckChildDeviceId("camera:00:1B:44.7_a-b").ok());
  EXPECT_TRUE(CheckChildDeviceId(std::string(128, 'a')).ok());
  for (const std::string& id : {std::string(), std::string(129, 'a'), std::string("a/b")}) {
    EXPECT_EQ(ErrorReason(CheckChildDeviceId(id)), "INVALID_CHILD_DEVICE_ID") << id;
  }
}

TEST(IdentifiersTest, ChecksRequestIds) {
  EXPECT_TRUE(CheckRequestId("").ok());
  EXPECT_TRUE(CheckRequestId("gate-1 {42}").ok());
  EXPECT_TRUE(CheckRequestId(std::string(64, '~')).ok());
  for (const std::string& id : {std::string(65, 'a'), std::string("a\n"), std::string("\u00fc")}) {
    EXPECT_EQ(ErrorReason(CheckRequestId(id)), "INVALID_REQUEST_ID") << id;
  }
}

TEST(IdentifiersTest, CountsAuthorsAndCommentsInCharacters) {
  EXPECT_TRUE(CheckAuthor("").ok());
  EXPECT_TRUE(CheckAuthor("operator/Ana\u00efs").ok());
  EXPECT_TRUE(CheckAuthor(Repeat("\u20ac", 128)).ok());
  EXPECT_EQ(ErrorReason(CheckAuthor(Repeat("\u20ac", 129))), "INVALID_AUTHOR");
  EXPECT_TRUE(CheckComment(Repeat("\U0001F3AD", 256)).ok());
  EXPECT_EQ(ErrorReason(CheckComment(std::string(257, 'a'))), "INVALID_COMMENT");
}

TEST(IdentifiersTest, RefusesAuthorsAndCommentsThatAreNotOneLineOfText) {
  for (const std::string_view text : {"a\nb", "a\x1B[31m", "\x7F", "\xFF"}) {
    EXPECT_EQ(ErrorReason(CheckAuthor(text)), "INVALID_AUTHOR");
    EXPECT_EQ(ErrorReason(CheckComment(text)), "INVALID_COMMENT");
  }
}

TEST(IdentifiersTest, KnowsADutysDocument) {
  EXPECT_EQ(DutyDocumentName("gate-1"), "duties/gate-1");
  EXPECT_EQ(DutyOfDocument("duties/gate-1"), "gate-1");
  for (const char* name : {"duties/", "duties/a/b", "duties", "other/gate-1", "duties/Gate"}) {
    EXPECT_EQ(DutyOfDocument(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace understudy
