#include "services/checkpoint_store/device_directory.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "common/status/status.h"
#include "services/checkpoint_store/testing/checkpoint_harness.h"
#include "services/checkpoint_store/testing/memory_checkpoint_store.h"

namespace understudy::checkpoint_store {
namespace {

class DeviceDirectoryTest : public ::testing::Test {
 protected:
  DeviceDirectoryTest() : harness_(std::make_unique<MemoryCheckpointStore>()) {}

  const DeviceDirectory& directory() { return harness_.directory(); }

  CheckpointHarness harness_;
};

TEST_F(DeviceDirectoryTest, ListsByIdInPages) {
  for (const char* id : {"meter-2", "meter-1", "valve-1", "meter-3"}) {
    (void)harness_.Enrolled(MakeEnrol(MakeIdentifier(id), id, "x"));
  }
  const auto page = directory().List("meter", "", 2);
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0]->id, "meter-1");
  EXPECT_EQ(page[1]->id, "meter-2");
  const auto rest = directory().List("meter", "meter-2", 2);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0]->id, "meter-3");
}

TEST_F(DeviceDirectoryTest, TheDecoyIsNobody) {
  EXPECT_EQ(directory().FindByNumber(0), nullptr);
  EXPECT_EQ(directory().FindByIdentifier(Identifier()), nullptr);
  EXPECT_EQ(directory().size(), 0u);
}

TEST_F(DeviceDirectoryTest, TotalsFollowWhatHappens) {
  const Identifier first = MakeIdentifier("first");
  (void)harness_.Enrolled(MakeEnrol(first, "meter-1", "12345"));
  (void)harness_.Stored(MakeStore(harness_.Fetched(MakeFetch(first)).next, "123"));
  EXPECT_EQ(directory().totals().cycles, 1u);
  EXPECT_EQ(directory().totals().content_bytes, 8u);
  EXPECT_EQ(directory().totals().alive[16], 2u);
  (void)harness_.Apply(MakeStage("meter-1", "x"));
  EXPECT_EQ(directory().totals().staged, 1u);
  (void)harness_.Apply(Revoke{"meter-1"});
  EXPECT_EQ(directory().totals().staged, 0u);
  EXPECT_EQ(directory().totals().revoked, 1u);
  EXPECT_EQ(directory().totals().content_bytes, 0u);
  EXPECT_EQ(directory().totals().alive[16], 0u);
}

TEST_F(DeviceDirectoryTest, TheChanceOfAGuessIsThePapersForIdentifiersOfOneLength) {
  DeviceDirectory::Totals totals;
  totals.alive[4] = 1000;
  EXPECT_DOUBLE_EQ(GuessProbability(totals), 1000 * std::pow(2.0, -32));
  totals.alive[16] = 200'000;
  EXPECT_DOUBLE_EQ(GuessProbability(totals),
                   1000 * std::pow(2.0, -32) + 200'000 * std::pow(2.0, -128));
}

}  // namespace
}  // namespace understudy::checkpoint_store
