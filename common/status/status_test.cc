#include "common/status/status.h"

#include <gtest/gtest.h>

#include "absl/status/statusor.h"

namespace understudy {
namespace {

absl::Status Mismatch() {
  return MakeError(absl::StatusCode::kAborted, "REVISION_MISMATCH", "expected 3, found 5",
                   {{"current_revision", "5"}, {"name", "duties/gate"}});
}

TEST(StatusTest, CarriesReasonAndMetadata) {
  const absl::Status status = Mismatch();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(std::string(status.message()), "expected 3, found 5");
  EXPECT_EQ(ErrorReason(status), "REVISION_MISMATCH");
  EXPECT_EQ(ErrorDomain(status), "");
  EXPECT_EQ(ErrorMetadata(status),
            (ErrorMetadataMap{{"current_revision", "5"}, {"name", "duties/gate"}}));
}

TEST(StatusTest, HasNoReasonWhenNoneWasGiven) {
  EXPECT_EQ(ErrorReason(absl::OkStatus()), "");
  EXPECT_EQ(ErrorReason(absl::InternalError("plain")), "");
  EXPECT_TRUE(ErrorMetadata(absl::InternalError("plain")).empty());
}

TEST(StatusTest, IgnoresAPayloadThatIsNotAnErrorInfo) {
  absl::Status status = absl::InternalError("plain");
  status.SetPayload(status_internal::kErrorInfoTypeUrl, absl::Cord("\xFF\xFF"));
  EXPECT_EQ(ErrorReason(status), "");
}

TEST(StatusTest, NeverTurnsAnErrorIntoSuccess) {
  const absl::Status status = MakeError(absl::StatusCode::kOk, "ODD", "a mistake");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ErrorReason(status), "ODD");
}

TEST(StatusTest, QuotesAStrangersBytesWithoutHarm) {
  const absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, "INVALID_NAME",
                                        "name \xFF\xFE", {{"n\xFF", "v\xFF"}});
  EXPECT_EQ(std::string(status.message()), "name ??");
  EXPECT_EQ(ErrorMetadata(status), (ErrorMetadataMap{{"n?", "v?"}}));
}

TEST(StatusTest, BoundsWhatItCarries) {
  ErrorMetadataMap metadata;
  for (char c = 'a'; c <= 'z'; ++c) metadata[std::string(1, c)] = std::string(1000, c);
  const absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, "INVALID_NAME",
                                        std::string(100'000, 'x'), metadata);
  EXPECT_EQ(status.message().size(), kMaxErrorMessageBytes);
  const ErrorMetadataMap kept = ErrorMetadata(status);
  EXPECT_EQ(kept.size(), kMaxErrorMetadataEntries);
  EXPECT_EQ(kept.at("a").size(), kMaxErrorMetadataValueBytes);
}

TEST(StatusTest, KeepsTheReasonWhenContextIsAdded) {
  const absl::Status status = WithContext(Mismatch(), "station gate-1");
  EXPECT_EQ(std::string(status.message()), "station gate-1: expected 3, found 5");
  EXPECT_EQ(ErrorReason(status), "REVISION_MISMATCH");
  EXPECT_TRUE(WithContext(absl::OkStatus(), "station gate-1").ok());
}

TEST(StatusTest, DescribesAnErrorInOneLine) {
  EXPECT_EQ(
      DescribeError(Mismatch()),
      "ABORTED REVISION_MISMATCH: expected 3, found 5 {current_revision=5, name=duties/gate}");
  EXPECT_EQ(DescribeError(absl::NotFoundError("gone")), "NOT_FOUND: gone");
  EXPECT_EQ(DescribeError(absl::OkStatus()), "OK");
}

absl::StatusOr<int> Twice(const absl::StatusOr<int>& number) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const int value, number);
  UNDERSTUDY_RETURN_IF_ERROR(value < 0 ? Mismatch() : absl::OkStatus());
  return 2 * value;
}

TEST(StatusMacrosTest, PassErrorsOnAndValuesThrough) {
  EXPECT_EQ(*Twice(4), 8);
  EXPECT_EQ(Twice(absl::NotFoundError("gone")).status(), absl::NotFoundError("gone"));
  EXPECT_EQ(ErrorReason(Twice(-1).status()), "REVISION_MISMATCH");
}

}  // namespace
}  // namespace understudy
