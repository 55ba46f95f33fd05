#include "common/lifecycle/stop_sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"

namespace understudy::lifecycle {
namespace {

using ::testing::ElementsAre;

TEST(StopSequenceTest, RunsItsStepsInOrder) {
  std::vector<std::string> ran;
  StopSequence stop(absl::Hours(1), [] { FAIL(); });
  stop.Add("first", [&] { ran.push_back("first"); });
  stop.Add("second", [&] { ran.push_back("second"); });
  stop.Run();
  EXPECT_THAT(ran, ElementsAre("first", "second"));
}

TEST(StopSequenceTest, HasNothingToDoWithoutSteps) {
  StopSequence stop(absl::Hours(1), [] { FAIL(); });
  stop.Run();
}

TEST(StopSequenceTest, NamesTheStepThatOverruns) {
  ::testing::internal::CaptureStderr();
  absl::Notification overran;
  StopSequence stop(absl::Milliseconds(1), [&] { overran.Notify(); });
  stop.Add("the slow one", [&] { overran.WaitForNotification(); });
  stop.Run();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              ::testing::HasSubstr("did not stop within 1ms step=\"the slow one\""));
}

}  // namespace
}  // namespace understudy::lifecycle
