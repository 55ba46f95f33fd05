// The wall clock of one control node steps by hours, forwards and back, while clients work and
// stations beat: nobody is blamed, nobody takes over, writes go on. Each process of that node is
// given a clock of its own (shifted_clock.cc); the machine's is not touched.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/control_plan.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"
#include "tests/faults/control_faults.h"

namespace understudy::faults {
namespace {

// All clocks are that much ahead to begin with: the site's certificates, which are new, are not
// valid before the right time.
constexpr absl::Duration kAhead = absl::Hours(12);

class ClockStepsTest : public ControlFaults {
 protected:
  void SetUp() override {
    const std::string shim = std::filesystem::absolute("tests/faults/libshifted_clock.so");
    std::vector<cli::Place> places(kNodes);
    for (size_t i = 0; i < kNodes; ++i) {
      Step(i, absl::ZeroDuration());
      places[i].launcher = {"env", "LD_PRELOAD=" + shim, "UNDERSTUDY_CLOCK_SHIFT=" + ShiftFile(i)};
    }
    ASSERT_NO_FATAL_FAILURE(StartUnderLoad(places));
  }

  std::string ShiftFile(size_t node) { return absl::StrCat(directory(), "/clock-shift-", node); }

  // The node's wall clock differs by so much from the others' from now on.
  void Step(size_t node, absl::Duration off) {
    const int64_t shift = absl::ToInt64Nanoseconds(kAhead + off);
    const int file = open(ShiftFile(node).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ASSERT_GE(file, 0);
    EXPECT_EQ(pwrite(file, &shift, sizeof(shift), 0), static_cast<ssize_t>(sizeof(shift)));
    close(file);
  }

  // As long as several detection times and the root's own limits.
  void ExpectNothingFails(const std::string& step) {
    cli::Pause(absl::Seconds(4));
    EXPECT_TRUE(AwaitProgress()) << "writes have stopped after a step " << step;
    EXPECT_TRUE(stage().observer().TakeFailed().empty()) << "after a step " << step;
    const cli::RootFinder::Root now = AwaitRoot(0);
    EXPECT_EQ(now.node, root().node) << "after a step " << step;
    EXPECT_EQ(now.epoch, root().epoch) << "after a step " << step;
  }

  void StepThereAndBack(size_t node) {
    ASSERT_NO_FATAL_FAILURE(StartStations());
    Step(node, absl::Hours(6));
    ExpectNothingFails("forwards by 6 hours");
    Step(node, absl::Hours(-6));
    ExpectNothingFails("back by 12 hours");
    Step(node, absl::ZeroDuration());
    ExpectNothingFails("forwards again, to the others' time");
    ExpectAllIsWell();
  }
};

TEST_F(ClockStepsTest, OnTheRootNothingFails) { StepThereAndBack(root_index()); }

TEST_F(ClockStepsTest, OnASentinelNothingFails) { StepThereAndBack(other_index(1)); }

// Whoever waits for etcd waits by the steady clock: a step back must not make it wait for hours.
TEST_F(ClockStepsTest, BackWhileEtcdIsAwayDelaysNobody) {
  std::vector<std::string> members;
  for (const std::string& node : fleet().ControlNodeIds()) {
    members.push_back(cli::NodeProcess(node, cli::kEtcd));
  }
  for (const std::string& member : members) {
    ASSERT_EQ(fleet().Signal(member, SIGSTOP), absl::OkStatus());
  }
  cli::Pause(absl::Milliseconds(1500));
  for (size_t node = 0; node < kNodes; ++node) Step(node, absl::Hours(-6));
  cli::Pause(absl::Milliseconds(500));
  for (const std::string& member : members) {
    ASSERT_EQ(fleet().Signal(member, SIGCONT), absl::OkStatus());
  }
  ExpectAllIsWell();
}

}  // namespace
}  // namespace understudy::faults
