#include "services/config_vault/document_requests.h"

#include <gtest/gtest.h>

#include "common/document/compression.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

constexpr absl::Time kNow = absl::UnixEpoch();

v1::PutRequest MakeRequest(std::string content) {
  v1::PutRequest request;
  request.set_name("duties/d1");
  request.set_content(std::move(content));
  return request;
}

std::string Reason(const v1::PutRequest& request) {
  return ErrorReason(CheckPut(request, kNow).status());
}

TEST(DocumentRequestsTest, PacksPlainContentAndNotesWhatIsKnownOfIt) {
  v1::PutRequest request = MakeRequest(R"({"a": 1})");
  request.set_author("operator/anna");
  request.set_comment("why");
  request.set_request_id("r1");
  request.set_expected_revision(0);
  request.mutable_fence()->set_duty_id("d1");
  request.mutable_fence()->set_assignment_number(3);
  const auto put = CheckPut(request, kNow);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->content_type, "application/json");
  EXPECT_EQ(put->sha256, Sha256Of(request.content()));
  EXPECT_EQ(put->size, request.content().size());
  EXPECT_EQ(*Unpack(put->packed), request.content());
  EXPECT_EQ(put->write.expected_revision, 0u);
  EXPECT_EQ(put->write.author, "operator/anna");
  EXPECT_EQ(put->fence->assignment_number, 3u);
}

TEST(DocumentRequestsTest, KeepsTheSendersFrame) {
  v1::PutRequest request = MakeRequest(*Pack(R"({"a": 1})"));
  request.set_encoding(v1::ENCODING_ZSTD);
  const auto put = CheckPut(request, kNow);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->packed, request.content());
  EXPECT_EQ(put->sha256, Sha256Of(R"({"a": 1})"));
}

TEST(DocumentRequestsTest, WithoutAnExpectationThereIsNone) {
  EXPECT_FALSE(CheckPut(MakeRequest("{}"), kNow)->write.expected_revision.has_value());
}

TEST(DocumentRequestsTest, RefusesWhatIsNotJson) {
  const absl::Status status = CheckPut(MakeRequest("{\n  \"a\": }"), kNow).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(status), "INVALID_JSON");
  EXPECT_EQ(ErrorMetadata(status).at("line"), "2");
}

TEST(DocumentRequestsTest, OpaqueContentIsNotLookedInto) {
  v1::PutRequest request = MakeRequest("\x01\x02");
  request.set_content_type("application/octet-stream");
  EXPECT_TRUE(CheckPut(request, kNow).ok());
}

TEST(DocumentRequestsTest, RefusesAHashThatIsNotTheContents) {
  v1::PutRequest request = MakeRequest("{}");
  request.set_sha256(Sha256ToBytes(Sha256Of("other")));
  EXPECT_EQ(Reason(request), "HASH_MISMATCH");
  request.set_sha256("short");
  EXPECT_EQ(Reason(request), "HASH_MISMATCH");
  request.set_sha256(Sha256ToBytes(Sha256Of("{}")));
  EXPECT_TRUE(CheckPut(request, kNow).ok());
}

TEST(DocumentRequestsTest, RefusesWhatIsTooLargeAlsoWhenPacked) {
  const std::string large = "\"" + std::string(4 << 20, 'x') + "\"";
  EXPECT_EQ(Reason(MakeRequest(large)), "DOCUMENT_TOO_LARGE");
  v1::PutRequest bomb = MakeRequest("not a frame");
  bomb.set_encoding(v1::ENCODING_ZSTD);
  EXPECT_EQ(Reason(bomb), "INVALID_ENCODING");
  bomb.set_encoding(static_cast<v1::Encoding>(77));
  EXPECT_EQ(Reason(bomb), "INVALID_ENCODING");
}

TEST(DocumentRequestsTest, RefusesNamesAndTextsThatBreakTheirRules) {
  v1::PutRequest request = MakeRequest("{}");
  request.set_name("../secrets");
  EXPECT_EQ(Reason(request), "INVALID_NAME");
  request.set_name("a");
  request.set_request_id(std::string(65, 'r'));
  EXPECT_EQ(Reason(request), "INVALID_REQUEST_ID");
  request.clear_request_id();
  request.set_author(std::string(129, 'a'));
  EXPECT_EQ(Reason(request), "INVALID_AUTHOR");
  request.clear_author();
  request.set_comment(std::string(257, 'c'));
  EXPECT_EQ(Reason(request), "INVALID_COMMENT");
  request.clear_comment();
  request.set_content_type("nonsense");
  EXPECT_EQ(Reason(request), "INVALID_CONTENT_TYPE");
  request.clear_content_type();
  request.mutable_fence()->set_duty_id("D1!");
  EXPECT_EQ(Reason(request), "INVALID_DUTY");
}

TEST(DocumentRequestsTest, ChecksRollbacksAndDeletionsToo) {
  v1::RollbackRequest rollback;
  EXPECT_EQ(ErrorReason(CheckRollback(rollback, kNow).status()), "INVALID_NAME");
  rollback.set_name("a");
  rollback.set_revision(7);
  EXPECT_EQ(CheckRollback(rollback, kNow)->revision, 7u);
  v1::DeleteRequest deletion;
  deletion.set_name("a//b");
  EXPECT_EQ(ErrorReason(CheckDelete(deletion, kNow).status()), "INVALID_NAME");
}

TEST(DocumentRequestsTest, PrefixesMayEndAnywhere) {
  EXPECT_TRUE(CheckPrefix("").ok());
  EXPECT_TRUE(CheckPrefix("duties/").ok());
  EXPECT_TRUE(CheckPrefix("dut").ok());
  EXPECT_EQ(ErrorReason(CheckPrefix("a b")), "INVALID_NAME");
  EXPECT_EQ(ErrorReason(CheckPrefix(std::string(201, 'a'))), "INVALID_NAME");
}

}  // namespace
}  // namespace understudy::config_vault
