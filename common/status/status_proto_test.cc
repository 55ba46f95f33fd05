#include "common/status/status_proto.h"

#include <gtest/gtest.h>

#include "common/status/status.h"
#include "google/rpc/status.pb.h"

namespace understudy {
namespace {

TEST(StatusProtoTest, CarriesAnErrorThereAndBack) {
  google::rpc::Status wire;
  ToStatusProto(MakeError(absl::StatusCode::kAborted, "MISMATCH", "not 3", {{"found", "5"}}),
                "vault.understudy", wire);
  const absl::Status back = FromStatusProto(wire);
  EXPECT_EQ(back.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(back.message(), "not 3");
  EXPECT_EQ(ErrorReason(back), "MISMATCH");
  EXPECT_EQ(ErrorDomain(back), "vault.understudy");
  EXPECT_EQ(ErrorMetadata(back), (ErrorMetadataMap{{"found", "5"}}));
}

TEST(StatusProtoTest, CarriesOk) {
  google::rpc::Status wire;
  ToStatusProto(absl::OkStatus(), "vault.understudy", wire);
  EXPECT_TRUE(FromStatusProto(wire).ok());
  EXPECT_TRUE(FromStatusProto(google::rpc::Status()).ok());
}

}  // namespace
}  // namespace understudy
