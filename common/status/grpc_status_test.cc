#include "common/status/grpc_status.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace understudy {
namespace {

constexpr char kDomain[] = "config-vault.understudy";

absl::Status Mismatch() {
  return MakeError(absl::StatusCode::kAborted, "REVISION_MISMATCH", "expected 3, found 5",
                   {{"current_revision", "5"}});
}

TEST(GrpcStatusTest, KeepsOkAsOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus(), kDomain).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(GrpcStatusTest, PutsARichErrorOnTheWire) {
  const grpc::Status status = ToGrpcStatus(Mismatch(), kDomain);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(status.error_message(), "expected 3, found 5");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), 10);
  EXPECT_EQ(details.message(), "expected 3, found 5");
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(details.details(0).value()));
  EXPECT_EQ(info.reason(), "REVISION_MISMATCH");
  EXPECT_EQ(info.domain(), kDomain);
}

TEST(GrpcStatusTest, ComesBackAsItWentOut) {
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(Mismatch(), kDomain));
  EXPECT_EQ(back.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(std::string(back.message()), "expected 3, found 5");
  EXPECT_EQ(ErrorReason(back), "REVISION_MISMATCH");
  EXPECT_EQ(ErrorDomain(back), kDomain);
  EXPECT_EQ(ErrorMetadata(back), (ErrorMetadataMap{{"current_revision", "5"}}));
}

TEST(GrpcStatusTest, KeepsTheDomainOfTheServiceThatRaisedTheError) {
  const absl::Status raised = FromGrpcStatus(ToGrpcStatus(Mismatch(), kDomain));
  const absl::Status passed_on = FromGrpcStatus(
      ToGrpcStatus(WithContext(raised, "claim"), "failover-orchestrator.understudy"));
  EXPECT_EQ(ErrorDomain(passed_on), kDomain);
}

TEST(GrpcStatusTest, NamesAReasonForAnErrorWithoutOne) {
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(absl::NotFoundError("gone"), kDomain));
  EXPECT_EQ(ErrorReason(back), "NOT_FOUND");
  EXPECT_EQ(ErrorDomain(back), kDomain);
}

TEST(GrpcStatusTest, MatchesEveryCodeByNumber) {
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status sent(static_cast<grpc::StatusCode>(code), "m");
    EXPECT_EQ(ToGrpcStatus(FromGrpcStatus(sent), kDomain).error_code(), sent.error_code());
  }
}

TEST(GrpcStatusTest, IgnoresDetailsThatItCannotRead) {
  const absl::Status back =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::INTERNAL, "m", "\xFF\xFF\xFF"));
  EXPECT_EQ(back, absl::InternalError("m"));
}

TEST(GrpcStatusTest, KeepsTheTrailerSmall) {
  ErrorMetadataMap metadata;
  for (char c = 'a'; c <= 'p'; ++c) metadata[std::string(200, c)] = std::string(256, c);
  const grpc::Status status = ToGrpcStatus(
      MakeError(absl::StatusCode::kAborted, "REVISION_MISMATCH", std::string(5000, 'm'), metadata),
      kDomain);
  EXPECT_LE(status.error_details().size(), 4096u);
  EXPECT_EQ(ErrorReason(FromGrpcStatus(status)), "REVISION_MISMATCH");
}

}  // namespace
}  // namespace understudy
