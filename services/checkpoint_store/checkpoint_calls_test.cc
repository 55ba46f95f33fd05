#include "services/checkpoint_store/checkpoint_calls.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/status.h"
#include "services/checkpoint_store/testing/calls_harness.h"

namespace understudy::checkpoint_store {
namespace {

constexpr char kSource[] = "192.0.2.1";

// How long an answer takes must not tell how near a guess was. Time is no matter for a test; that
// the disk has no part in it, and that nothing is told but yes or no, is.
TEST(CheckpointCallsTest, AProbeReadsNoDiskWhetherItHitsOrMisses) {
  CallsHarness harness;
  const Identifier taken = MakeIdentifier("taken");
  ASSERT_TRUE(harness.Enrol(taken, "meter-1", "factory").ok());
  EXPECT_TRUE(harness.calls().Probe(taken, kSource));
  EXPECT_FALSE(harness.calls().Probe(MakeIdentifier("free"), kSource));
  EXPECT_EQ(harness.store().read_count(), 0u);
}

TEST(CheckpointCallsTest, AGetThatMissesReadsNoDiskHoweverNearItIs) {
  CallsHarness harness;
  const Identifier taken = MakeIdentifier("taken");
  ASSERT_TRUE(harness.Enrol(taken, "meter-1", "factory").ok());
  const std::string bytes(taken.bytes());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string near = bytes;
    near[i] = static_cast<char>(near[i] ^ 1);
    EXPECT_EQ(ErrorReason(harness.Fetch(*Identifier::FromBytes(near)).status()),
              "UNKNOWN_IDENTIFIER");
  }
  EXPECT_EQ(harness.store().read_count(), 0u);
  EXPECT_EQ(harness.Fetch(taken)->content, "factory");
  EXPECT_EQ(harness.store().read_count(), 1u);
}

TEST(CheckpointCallsTest, AGuesserIsRefusedBeforeAnythingIsLookedUpAlsoWhereItWouldHit) {
  CallsHarness harness({.source_budget = 3});
  const Identifier taken = MakeIdentifier("taken");
  ASSERT_TRUE(harness.Enrol(taken, "meter-1", "factory").ok());
  for (int i = 0; i < 4; ++i) {
    harness.calls().Probe(MakeIdentifier("free " + std::to_string(i)), kSource);
  }
  EXPECT_EQ(ErrorReason(harness.calls().Admit(kSource)), "TOO_MANY_GUESSES");
  EXPECT_TRUE(harness.calls().Admit("192.0.2.2").ok());
}

}  // namespace
}  // namespace understudy::checkpoint_store
