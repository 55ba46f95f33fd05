#include "common/document/sha256.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace understudy {
namespace {

constexpr char kEmptyHex[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Sha256Test, MatchesThePublishedVectors) {
  EXPECT_EQ(Sha256ToHex(Sha256Of("")), kEmptyHex);
  EXPECT_EQ(Sha256ToHex(Sha256Of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256ToHex(Sha256Of(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, TurnsToBytesAndBack) {
  const Sha256 digest = Sha256Of("abc");
  const std::string bytes = Sha256ToBytes(digest);
  EXPECT_EQ(bytes.size(), 32u);
  EXPECT_EQ(Sha256FromBytes(bytes), digest);
}

TEST(Sha256Test, RefusesBytesOfAnotherLength) {
  EXPECT_EQ(Sha256FromBytes(""), std::nullopt);
  EXPECT_EQ(Sha256FromBytes(std::string(31, 'x')), std::nullopt);
  EXPECT_EQ(Sha256FromBytes(std::string(33, 'x')), std::nullopt);
}

TEST(Sha256Test, ReadsHexOfBothCases) {
  EXPECT_EQ(Sha256FromHex(kEmptyHex), Sha256Of(""));
  std::string upper = kEmptyHex;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(Sha256FromHex(upper), Sha256Of(""));
}

TEST(Sha256Test, RefusesWhatIsNotHex) {
  EXPECT_EQ(Sha256FromHex(""), std::nullopt);
  EXPECT_EQ(Sha256FromHex(std::string(64, 'g')), std::nullopt);
  EXPECT_EQ(Sha256FromHex(std::string(63, 'a')), std::nullopt);
}

}  // namespace
}  // namespace understudy
