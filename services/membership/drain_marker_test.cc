#include "services/membership/drain_marker.h"

#include <gtest/gtest.h>

namespace understudy::membership {
namespace {

SteadyTime At(int64_t milliseconds) {
  return SteadyTime::FromNanoseconds(milliseconds * 1'000'000);
}

class DrainMarkerTest : public testing::Test {
 protected:
  DrainMarker marker_{100, absl::Milliseconds(10)};
};

TEST_F(DrainMarkerTest, MovesToTheReadThatFoundTheSocketEmpty) {
  marker_.OnRead(At(5), 3, true);
  EXPECT_EQ(marker_.drained_until(), At(5));
  marker_.OnRead(At(9), 0, true);
  EXPECT_EQ(marker_.drained_until(), At(9));
}

TEST_F(DrainMarkerTest, StaysWhileTheSocketIsNotEmpty) {
  marker_.OnRead(At(5), 3, true);
  marker_.OnRead(At(50), 64, false);
  EXPECT_EQ(marker_.drained_until(), At(5));
}

TEST_F(DrainMarkerTest, FollowsABufferfulBehindALoadThatNeverEnds) {
  for (int64_t at = 0; at <= 100; at += 10) marker_.OnRead(At(at), 20, false);
  // Reads of five steps (100 packets) have worked off all that lay there at their beginning.
  EXPECT_EQ(marker_.drained_until(), At(60));
}

TEST_F(DrainMarkerTest, ForgetsItsMarksOnceTheSocketWasEmpty) {
  marker_.OnRead(At(10), 90, false);
  marker_.OnRead(At(20), 5, true);
  marker_.OnRead(At(30), 64, false);
  EXPECT_EQ(marker_.drained_until(), At(20));
  marker_.OnRead(At(31), 64, false);
  EXPECT_EQ(marker_.drained_until(), At(30));
}

TEST_F(DrainMarkerTest, NeverGoesBack) {
  marker_.OnRead(At(50), 0, true);
  marker_.OnRead(At(40), 0, true);
  EXPECT_EQ(marker_.drained_until(), At(50));
}

}  // namespace
}  // namespace understudy::membership
