#include "common/rpc/backoff.h"

#include <gtest/gtest.h>

#include <vector>

namespace understudy::rpc {
namespace {

struct Row {
  BackoffPolicy policy;
  std::vector<int> milliseconds;
};

TEST(BackoffTest, GrowsToItsMaximumWithoutJitter) {
  const std::vector<Row> table = {
      {{absl::Milliseconds(100), absl::Seconds(2), 2.0, 0.0},
       {100, 200, 400, 800, 1600, 2000, 2000}},
      {{absl::Milliseconds(50), absl::Milliseconds(50), 2.0, 0.0}, {50, 50, 50}},
      {{absl::Milliseconds(10), absl::Seconds(1), 10.0, 0.0}, {10, 100, 1000, 1000}},
      {{absl::Milliseconds(10), absl::Seconds(1), 1.0, 0.0}, {10, 10, 10}},
  };
  Random random(1);
  for (const Row& row : table) {
    Backoff backoff(row.policy);
    for (const int expected : row.milliseconds) {
      EXPECT_EQ(backoff.Next(random), absl::Milliseconds(expected));
    }
  }
}

TEST(BackoffTest, KeepsEachWaitWithinItsJitter) {
  Random random(7);
  for (int run = 0; run < 100; ++run) {
    Backoff backoff(
        {.initial = absl::Milliseconds(100), .maximum = absl::Milliseconds(400), .jitter = 0.25});
    for (const int base : {100, 200, 400, 400}) {
      const absl::Duration wait = backoff.Next(random);
      EXPECT_GE(wait, absl::Milliseconds(base) * 0.75);
      EXPECT_LE(wait, absl::Milliseconds(base));
    }
  }
}

TEST(BackoffTest, BeginsAgainAfterASuccess) {
  Random random(1);
  Backoff backoff({.jitter = 0.0});
  backoff.Next(random);
  backoff.Next(random);
  backoff.Reset();
  EXPECT_EQ(backoff.Next(random), absl::Milliseconds(100));
}

}  // namespace
}  // namespace understudy::rpc
