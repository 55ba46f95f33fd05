#include "services/checkpoint_store/operator_directory.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

TEST(OperatorDirectoryTest, ReadsTokensByName) {
  const std::string text = "# operators\n\n  anna " + Sha256ToHex(Sha256Of("token-a")) +
                           "\r\nbert\t" +
                           Sha256ToHex(Sha256Of("token-b"));
  const auto tokens = OperatorDirectory::ParseTokens(text);
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  const OperatorDirectory operators({}, *tokens);
  EXPECT_EQ(operators.ByToken("token-a"), "anna");
  EXPECT_EQ(operators.ByToken("token-b"), "bert");
  EXPECT_EQ(operators.ByToken("token-c"), std::nullopt);
  EXPECT_EQ(operators.ByToken(""), std::nullopt);
}

TEST(OperatorDirectoryTest, ALineThatIsNoTokenIsNamed) {
  for (const char* line : {"anna", "anna 1234", "an/na aaaa", "anna "}) {
    const auto tokens = OperatorDirectory::ParseTokens(std::string("# first\n") + line + "\n");
    EXPECT_EQ(ErrorReason(tokens.status()), "BAD_TOKENS") << line;
    EXPECT_NE(tokens.status().message().find("line 2"), std::string::npos);
  }
}

TEST(OperatorDirectoryTest, KnowsCertificatesByTheirCommonName) {
  const OperatorDirectory operators({"anna"}, {});
  EXPECT_EQ(operators.ByCertificate("anna"), "anna");
  EXPECT_EQ(operators.ByCertificate("device"), std::nullopt);
  EXPECT_EQ(operators.ByCertificate(""), std::nullopt);
}

}  // namespace
}  // namespace understudy::checkpoint_store
