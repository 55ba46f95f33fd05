#include "services/station_agent/lease_keeper.h"

#include <gtest/gtest.h>

namespace understudy::station_agent {
namespace {

SteadyTime At(int64_t milliseconds) {
  return SteadyTime::FromNanoseconds(milliseconds * 1'000'000);
}

TEST(LeaseKeeperTest, IsOverBeforeTheFirstSession) {
  LeaseKeeper lease;
  EXPECT_TRUE(lease.IsOver(At(1)));
}

TEST(LeaseKeeperTest, CountsFromTheSendingOfTheLastAnsweredBeat) {
  LeaseKeeper lease;
  lease.OnSession(At(1000), absl::Milliseconds(300));
  lease.OnAnswered(At(1500));
  EXPECT_EQ(lease.until(), At(1800));
  EXPECT_FALSE(lease.IsOver(At(1799)));
  EXPECT_TRUE(lease.IsOver(At(1800)));
}

TEST(LeaseKeeperTest, IsNotShortenedByALateAnswerToAnOlderBeat) {
  LeaseKeeper lease;
  lease.OnSession(At(1000), absl::Milliseconds(300));
  lease.OnAnswered(At(1500));
  lease.OnAnswered(At(1400));
  EXPECT_EQ(lease.until(), At(1800));
}

TEST(LeaseKeeperTest, KnowsWhenABeatLeftByTheStream) {
  LeaseKeeper lease;
  lease.OnSession(At(1000), absl::Milliseconds(300));
  lease.OnStreamBeat(5, At(1100));
  EXPECT_EQ(lease.SentAt(5), At(1100));
  EXPECT_EQ(lease.SentAt(6), std::nullopt);
  lease.OnStreamBeat(5 + 64, At(1200));
  EXPECT_EQ(lease.SentAt(5), std::nullopt);
  EXPECT_EQ(lease.SentAt(0), std::nullopt);
}

}  // namespace
}  // namespace understudy::station_agent
