#include "cli/output/proto_json.h"

#include <gtest/gtest.h>

#include "understudy/config_vault/v1/documents.pb.h"

namespace understudy::cli {
namespace {

TEST(ProtoJsonTest, KeepsTheProtosNamesAndWritesHashesInHexadecimal) {
  config_vault::v1::PutResponse response;
  response.mutable_info()->set_name("duties/gate");
  response.mutable_info()->set_revision(12);
  response.mutable_info()->set_sha256("\x01\xfe");
  response.mutable_info()->mutable_time()->set_seconds(1'700'000'000);
  EXPECT_EQ(ProtoJsonLine(response),
            R"({"info":{"author":"","comment":"","content_type":"","deleted":false,)"
            R"("name":"duties/gate","revision":"12","sha256":"01fe","size":"0",)"
            R"("time":"2023-11-14T22:13:20Z"},"unchanged":false})"
            "\n");
}

TEST(ProtoJsonTest, KeepsEmptyHashesEmptyAndReachesIntoLists) {
  config_vault::v1::ListResponse response;
  response.add_documents()->set_sha256("\xab");
  response.add_documents();
  const std::string text = ProtoJson(response);
  EXPECT_NE(text.find(R"("sha256": "ab")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("sha256": "")"), std::string::npos) << text;
}

}  // namespace
}  // namespace understudy::cli
