#include "services/checkpoint_store/checkpoint_calls.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

#include "common/status/status.h"
#include "services/checkpoint_store/testing/calls_harness.h"

namespace {

// Of this thread.
thread_local size_t allocation_count = 0;

}  // namespace

// Counted, for the test of what a hit and a miss do.
void* operator new(size_t size) {
  ++allocation_count;
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

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

// Both run through the same steps: neither makes anything that the other does not.
TEST(CheckpointCallsTest, AProbeThatMissesAllocatesNoMoreAndNoLessThanOneThatHits) {
  CallsHarness harness({.source_budget = 100});
  const Identifier taken = MakeIdentifier("taken");
  ASSERT_TRUE(harness.Enrol(taken, "meter-1", "factory").ok());
  const Identifier free = MakeIdentifier("free");
  (void)harness.calls().Probe(taken, kSource);  // From here on the source is known.
  const auto allocations = [&](const Identifier& identifier) {
    const size_t before = allocation_count;
    (void)harness.calls().Probe(identifier, kSource);
    return allocation_count - before;
  };
  const size_t by_a_hit = allocations(taken);
  EXPECT_EQ(allocations(free), by_a_hit);
  EXPECT_EQ(allocations(taken), by_a_hit);
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
