#include "bench/failover/percentiles.h"

#include <gtest/gtest.h>

namespace understudy::bench {
namespace {

TEST(PercentilesTest, TakesTheNearestRank) {
  std::vector<absl::Duration> values;
  for (int i = 200; i >= 1; --i) values.push_back(absl::Milliseconds(i));
  const Percentiles p = PercentilesOf(values);
  EXPECT_EQ(p.p50, absl::Milliseconds(100));
  EXPECT_EQ(p.p90, absl::Milliseconds(180));
  EXPECT_EQ(p.p99, absl::Milliseconds(198));
  EXPECT_EQ(p.max, absl::Milliseconds(200));
}

TEST(PercentilesTest, OfOneValueAreThatValue) {
  EXPECT_EQ(PercentilesOf({absl::Seconds(1)}).p50, absl::Seconds(1));
  EXPECT_EQ(PercentilesOf({absl::Seconds(1)}).p99, absl::Seconds(1));
}

}  // namespace
}  // namespace understudy::bench
