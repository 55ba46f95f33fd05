#include "services/station_agent/health_limits.h"

#include <gtest/gtest.h>

namespace understudy::station_agent {
namespace {

class HealthLimitsTest : public testing::Test {
 protected:
  bool SampleAfter(absl::Duration wait) {
    now_ = now_ + wait;
    return limits_.OnSample(now_, sample_);
  }
  bool HeartbeatAfter(absl::Duration wait, uint64_t heartbeat) {
    now_ = now_ + wait;
    return limits_.OnHeartbeat(now_, heartbeat);
  }
  bool HasFault(HealthFault fault) const {
    return (limits_.Bits() & (1u << (static_cast<int>(fault) - 1))) != 0;
  }
  static HealthLimitsOptions Options() {
    HealthLimitsOptions options;
    options.native_process_memory = {512.0 * 1024 * 1024, absl::ZeroDuration()};
    return options;
  }

  SteadyTime now_ = SteadyTime::FromNanoseconds(1'000'000'000);
  HealthLimits limits_{Options(), now_};
  HealthSample sample_;
};

TEST_F(HealthLimitsTest, ReportsAValueThatStaysAboveItsLimit) {
  limits_.OnNativeAttached();
  sample_.cpu_used = 0.97;
  EXPECT_FALSE(SampleAfter(absl::Seconds(1)));
  EXPECT_FALSE(SampleAfter(absl::Seconds(9)));
  EXPECT_TRUE(SampleAfter(absl::Seconds(1)));
  ASSERT_EQ(limits_.Faults().size(), 1u);
  EXPECT_EQ(limits_.Faults()[0].fault, HealthFault::kCpu);
  EXPECT_EQ(limits_.Faults()[0].summary, "CPU 97 % over 95 % for 10s");
}

TEST_F(HealthLimitsTest, ForgetsAnExcessThatWasTooShort) {
  limits_.OnNativeAttached();
  sample_.memory_used = 0.99;
  SampleAfter(absl::Seconds(1));
  sample_.memory_used = 0.5;
  SampleAfter(absl::Seconds(5));
  sample_.memory_used = 0.99;
  EXPECT_FALSE(SampleAfter(absl::Seconds(5)));
  EXPECT_EQ(limits_.Bits(), 0);
}

TEST_F(HealthLimitsTest, EndsAFaultWhenTheValueHasBeenCalmForLongEnough) {
  sample_.native_reported_memory_bytes = uint64_t{600} << 20;
  limits_.OnNativeAttached();
  EXPECT_TRUE(SampleAfter(absl::ZeroDuration()));
  EXPECT_TRUE(HasFault(HealthFault::kNativeProcessMemory));
  EXPECT_EQ(limits_.Faults()[0].summary, "native process memory 600 MiB over 512 MiB");
  sample_.native_reported_memory_bytes = 1;
  EXPECT_FALSE(SampleAfter(absl::Seconds(1)));
  EXPECT_FALSE(SampleAfter(absl::Seconds(1)));
  EXPECT_TRUE(SampleAfter(absl::Seconds(1)));
  EXPECT_EQ(limits_.Bits(), 0);
}

TEST_F(HealthLimitsTest, BelievesTheSystemWhenTheProcessUnderstates) {
  limits_.OnNativeAttached();
  sample_.native_reported_memory_bytes = 1;
  sample_.native_resident_bytes = uint64_t{700} << 20;
  EXPECT_TRUE(SampleAfter(absl::ZeroDuration()));
}

TEST_F(HealthLimitsTest, ReportsADeadProcessAtOnceAndUntilAnotherComes) {
  limits_.OnNativeAttached();
  EXPECT_EQ(limits_.Bits(), 0);
  limits_.OnNativeLost();
  EXPECT_TRUE(HasFault(HealthFault::kNativeProcessDead));
  limits_.OnNativeAttached();
  EXPECT_EQ(limits_.Bits(), 0);
}

TEST_F(HealthLimitsTest, SaysThatItCannotTakeADutyUntilAProcessIsThere) {
  EXPECT_TRUE(HasFault(HealthFault::kNativeProcessDead));
  EXPECT_FALSE(SampleAfter(absl::Minutes(1)));
  limits_.OnNativeAttached();
  EXPECT_EQ(limits_.Bits(), 0);
}

TEST_F(HealthLimitsTest, GivesTheProcessOfADutyTimeToStart) {
  limits_.SetHoldsDuty(true);
  EXPECT_EQ(limits_.Bits(), 0);
  EXPECT_FALSE(SampleAfter(absl::Seconds(9)));
  EXPECT_TRUE(SampleAfter(absl::Seconds(2)));
  EXPECT_TRUE(HasFault(HealthFault::kNativeProcessDead));
}

TEST_F(HealthLimitsTest, ReportsAProcessWhoseLoopStandsStill) {
  limits_.OnNativeAttached();
  HeartbeatAfter(absl::ZeroDuration(), 5);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(HeartbeatAfter(absl::Milliseconds(250), 5));
  EXPECT_TRUE(HeartbeatAfter(absl::Milliseconds(250), 5));
  EXPECT_TRUE(HasFault(HealthFault::kNativeProcessSilent));
  EXPECT_TRUE(HeartbeatAfter(absl::Milliseconds(250), 6));
  EXPECT_EQ(limits_.Bits(), 0);
}

TEST_F(HealthLimitsTest, DoesNotBlameTheProcessForItsOwnPause) {
  limits_.OnNativeAttached();
  HeartbeatAfter(absl::ZeroDuration(), 5);
  EXPECT_FALSE(HeartbeatAfter(absl::Minutes(5), 5));
  EXPECT_FALSE(HeartbeatAfter(absl::Milliseconds(250), 5));
}

}  // namespace
}  // namespace understudy::station_agent
