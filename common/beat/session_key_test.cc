#include "common/beat/session_key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace understudy::beat {
namespace {

std::string Text(const std::array<uint8_t, kProofSize>& proof) {
  return std::string(proof.begin(), proof.end());
}

TEST(SessionKeyTest, GeneratesADifferentKeyEachTime) {
  EXPECT_NE(SessionKey::Generate().ToBytes(), SessionKey::Generate().ToBytes());
}

TEST(SessionKeyTest, AcceptsOnlyThirtyTwoBytes) {
  EXPECT_FALSE(SessionKey::FromBytes(std::string(31, 'k')).has_value());
  EXPECT_FALSE(SessionKey::FromBytes(std::string(33, 'k')).has_value());
  EXPECT_EQ(SessionKey::FromBytes(std::string(32, 'k'))->ToBytes(), std::string(32, 'k'));
}

TEST(SessionKeyTest, WipesItself) {
  SessionKey key = SessionKey::Generate();
  key.Wipe();
  EXPECT_EQ(key.ToBytes(), std::string(kKeySize, '\0'));
}

TEST(HelloProofTest, ProvesTheSessionAndTheStation) {
  const SessionKey key = SessionKey::Generate();
  const std::string proof = Text(HelloProof(key, "gate-1"));
  EXPECT_TRUE(VerifyHelloProof(key, "gate-1", proof));
  EXPECT_FALSE(VerifyHelloProof(key, "gate-2", proof));
  EXPECT_FALSE(VerifyHelloProof(SessionKey::Generate(), "gate-1", proof));
  EXPECT_FALSE(VerifyHelloProof(key, "gate-1", proof.substr(1)));
  EXPECT_FALSE(VerifyHelloProof(key, "gate-1", ""));
}

}  // namespace
}  // namespace understudy::beat
