#include "services/checkpoint_store/tokens_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

std::string Line(const std::string& name, const std::string& token) {
  return name + " " + Sha256ToHex(Sha256Of(token)) + "\n";
}

class TokensFileTest : public ::testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_, std::ios::trunc) << text; }

  const std::string path_ = std::string(std::getenv("TEST_TMPDIR")) + "/tokens";
  OperatorDirectory operators_{{}, {}};
  TokensFile file_{path_, operators_};
};

TEST_F(TokensFileTest, AChangedFileIsTakenUpAndATokenThatIsGoneCountsNoMore) {
  Write(Line("anna", "a"));
  EXPECT_TRUE(*file_.Refresh());
  EXPECT_EQ(operators_.ByToken("a"), "anna");
  EXPECT_FALSE(*file_.Refresh());
  Write(Line("bert", "b"));
  EXPECT_TRUE(*file_.Refresh());
  EXPECT_EQ(operators_.ByToken("a"), std::nullopt);
  EXPECT_EQ(operators_.ByToken("b"), "bert");
}

TEST_F(TokensFileTest, ABadFileLeavesTheOldTokensInUseUntilItIsMended) {
  Write(Line("anna", "a"));
  EXPECT_TRUE(*file_.Refresh());
  Write("anna 12\n");
  EXPECT_EQ(ErrorReason(file_.Refresh().status()), "BAD_TOKENS");
  std::remove(path_.c_str());
  EXPECT_EQ(ErrorReason(file_.Refresh().status()), "BAD_TOKENS");
  EXPECT_EQ(operators_.ByToken("a"), "anna");
  Write(Line("bert", "b"));
  EXPECT_TRUE(*file_.Refresh());
  EXPECT_EQ(operators_.ByToken("b"), "bert");
}

TEST_F(TokensFileTest, AnEmptyFileIsNoErrorAndLetsNobodyIn) {
  Write(Line("anna", "a"));
  EXPECT_TRUE(*file_.Refresh());
  Write("");
  EXPECT_TRUE(*file_.Refresh());
  EXPECT_EQ(operators_.ByToken("a"), std::nullopt);
}

}  // namespace
}  // namespace understudy::checkpoint_store
