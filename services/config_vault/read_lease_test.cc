#include "services/config_vault/read_lease.h"

#include <gtest/gtest.h>

#include <optional>

namespace understudy::config_vault {
namespace {

SteadyTime At(int64_t milliseconds) { return SteadyTime() + absl::Milliseconds(milliseconds); }

TEST(ReadLeaseTest, HoldsUntilItsTimeWhenRootClaimAndEngineAgree) {
  ReadLease lease;
  EXPECT_EQ(lease.BatchToRead(At(0)), std::nullopt);
  lease.Renew({.epoch = 7, .nodes = 3, .until = At(100)});
  EXPECT_EQ(lease.BatchToRead(At(0)), std::nullopt);
  lease.Settle({.epoch = 7, .nodes = 3, .batch_revision = 42});
  EXPECT_EQ(lease.BatchToRead(At(99)), 42);
  EXPECT_EQ(lease.BatchToRead(At(100)), std::nullopt);
}

TEST(ReadLeaseTest, DoesNotHoldWhileSomethingIsUnderWay) {
  ReadLease lease;
  lease.Renew({.epoch = 7, .nodes = 3, .until = At(100)});
  lease.Settle({.epoch = 7, .nodes = 3, .batch_revision = 42});
  lease.Unsettle();
  EXPECT_EQ(lease.BatchToRead(At(0)), std::nullopt);
}

TEST(ReadLeaseTest, DoesNotHoldUnderAnotherEpochThanTheEngines) {
  ReadLease lease;
  lease.Settle({.epoch = 6, .nodes = 3, .batch_revision = 42});
  lease.Renew({.epoch = 7, .nodes = 3, .until = At(100)});
  EXPECT_EQ(lease.BatchToRead(At(0)), std::nullopt);
}

TEST(ReadLeaseTest, DoesNotHoldWhileTheStoreKnowsOtherAdmittedNodesThanHavePromised) {
  ReadLease lease;
  lease.Renew({.epoch = 7, .nodes = 3, .until = At(100)});
  lease.Settle({.epoch = 7, .nodes = 4, .batch_revision = 42});
  EXPECT_EQ(lease.BatchToRead(At(0)), std::nullopt);
}

TEST(ReadLeaseTest, DoesNotHoldOnceItIsWithdrawn) {
  ReadLease lease;
  lease.Renew({.epoch = 7, .nodes = 3, .until = At(100)});
  lease.Settle({.epoch = 7, .nodes = 3, .batch_revision = 42});
  lease.Withdraw();
  EXPECT_EQ(lease.BatchToRead(At(0)), std::nullopt);
}

}  // namespace
}  // namespace understudy::config_vault
