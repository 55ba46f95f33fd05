#include "services/station_agent/tls_contexts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "common/rpc/testing/certificates.h"

namespace understudy::station_agent {
namespace {

class TlsContextsTest : public ::testing::Test {
 protected:
  TlsContextsTest() { rpc::testing::Authority("first").Issue("meter", files_); }

  const rpc::TlsFiles files_ = rpc::testing::TlsFilesIn("contexts");
  TlsContexts contexts_;
};

TEST_F(TlsContextsTest, AllWhoTrustTheSameFileShareOneContext) {
  const auto first = contexts_.Get(files_.authorities);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(contexts_.Get(files_.authorities).value(), *first);
  EXPECT_NE(contexts_.Get(files_.certificate).value(), *first);
}

TEST_F(TlsContextsTest, AFileThatWasReplacedIsReadAnew) {
  const auto first = contexts_.Get(files_.authorities).value();
  rpc::testing::Authority("second").Issue("meter", files_);
  const auto second = contexts_.Get(files_.authorities).value();
  EXPECT_NE(second, first);
  EXPECT_EQ(contexts_.Get(files_.authorities).value(), second);
}

TEST_F(TlsContextsTest, AFileThatIsGoneIsNotTrustedAnyMore) {
  ASSERT_TRUE(contexts_.Get(files_.authorities).ok());
  ASSERT_EQ(unlink(files_.authorities.c_str()), 0);
  const absl::Status status = contexts_.Get(files_.authorities).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_NE(status.message().find(files_.authorities), std::string::npos) << status;
}

TEST_F(TlsContextsTest, WhomTheSystemTrustsIsAContextToo) {
  const auto system = contexts_.Get("");
  ASSERT_TRUE(system.ok()) << system.status();
  EXPECT_EQ(contexts_.Get("").value(), *system);
}

}  // namespace
}  // namespace understudy::station_agent
