#include "common/document/sha256_hasher.h"

#include <gtest/gtest.h>

namespace understudy {
namespace {

TEST(Sha256HasherTest, PartsAreAsTheWhole) {
  Sha256Hasher hasher;
  EXPECT_EQ(hasher.Digest(), Sha256Of(""));
  hasher.Add("one ");
  EXPECT_EQ(hasher.Digest(), Sha256Of("one "));
  hasher.Add("");
  hasher.Add("two");
  EXPECT_EQ(hasher.Digest(), Sha256Of("one two"));
}

}  // namespace
}  // namespace understudy
