// A root whose disks are full, or slow, while clients work. Needs root (see README.md).

#include <gtest/gtest.h>
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/control_plan.h"
#include "cli/local_fleet/spawn.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"
#include "tests/faults/control_faults.h"
#include "tests/faults/small_disks.h"

namespace understudy::faults {
namespace {

constexpr absl::Duration kSlowFor = absl::Seconds(8);

// Delays each sync of a process's files for as long as it lives, by strace's fault injection.
class SlowSync {
 public:
  SlowSync(const cli::ProcessId& process, absl::Duration delay) {
    cli::ProcessSpec spec{.program = "strace", .dies_with_parent = true};
    spec.arguments = {"-f", "-q", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e",
                      absl::StrCat("inject=fsync,fdatasync:delay_exit=",
                                   absl::ToInt64Microseconds(delay)),
                      "-p", absl::StrCat(process.pid)};
    spec.log_file = "/dev/null";
    tracer_ = cli::StartProcess(spec);
  }
  ~SlowSync() {
    if (tracer_.ok()) cli::StopProcesses({*tracer_}, absl::Seconds(5));
  }
  // Whether it still holds the process.
  absl::Status status() const {
    if (!tracer_.ok() || cli::IsRunning(*tracer_)) return tracer_.status();
    return absl::UnavailableError("strace has ended: it is missing, or may not trace");
  }

 private:
  absl::StatusOr<cli::ProcessId> tracer_;
};

class DisksTest : public ControlFaults {
 protected:
  const cli::ProcessId& Process(const char* service) {
    return fleet().processes().at(cli::NodeProcess(root().node, service)).id;
  }
  // Before the nodes start: the data of each node's `service` on a small disk of its own.
  void PrepareDisks(SmallDisks& disks, const char* service, int mebibytes) {
    const cli::SiteLayout layout(directory());
    for (size_t i = 1; i <= kNodes; ++i) {
      const std::string node = absl::StrCat("control-", i);
      disks.Mount(layout.DataDirectory(cli::NodeProcess(node, service)), mebibytes);
    }
  }
  void SlowDown(const char* service, absl::Duration delay) {
    const SlowSync slow(Process(service), delay);
    cli::Pause(kSlowFor / 2);
    EXPECT_TRUE(AwaitProgress()) << "writes have stopped";
    cli::Pause(kSlowFor / 2);
    if (const absl::Status status = slow.status(); !status.ok()) GTEST_SKIP() << status.message();
  }
};

TEST_F(DisksTest, ASlowDiskUnderTheRootsEtcdMemberLosesNothing) {
  ASSERT_NO_FATAL_FAILURE(StartUnderLoad());
  ASSERT_NO_FATAL_FAILURE(SlowDown(cli::kEtcd, absl::Milliseconds(300)));
  if (!IsSkipped()) ExpectAllIsWell();
}

TEST_F(DisksTest, ASlowDiskUnderTheRootsReplicaLosesNothing) {
  ASSERT_NO_FATAL_FAILURE(StartUnderLoad());
  ASSERT_NO_FATAL_FAILURE(SlowDown(cli::kVault, absl::Milliseconds(300)));
  if (!IsSkipped()) ExpectAllIsWell();
}

// Of the vault alone: etcd beside it goes on. Once there is room again and the vault has been
// started anew, the node has everything.
TEST_F(DisksTest, ARootsReplicaThatHasNoRoomLeftLosesNothing) {
  SmallDisks disks;
  PrepareDisks(disks, cli::kVault, 48);
  if (!disks.status().ok()) GTEST_SKIP() << disks.status().message();
  ASSERT_NO_FATAL_FAILURE(StartUnderLoad());
  const std::string process = cli::NodeProcess(root().node, cli::kVault);
  disks.Fill(fleet().layout().DataDirectory(process));
  cli::Pause(kSlowFor / 2);
  EXPECT_TRUE(AwaitProgress()) << "writes have stopped";
  disks.MakeRoom(fleet().layout().DataDirectory(process));
  if (cli::IsRunning(Process(cli::kVault))) {
    ASSERT_EQ(fleet().Kill(process), absl::OkStatus());
  }
  ASSERT_EQ(fleet().Restart(process), absl::OkStatus());
  ExpectAllIsWell();
}

TEST_F(DisksTest, AnEtcdMemberThatHasNoRoomLeftLosesNothing) {
  SmallDisks disks;
  PrepareDisks(disks, cli::kEtcd, 220);
  if (!disks.status().ok()) GTEST_SKIP() << disks.status().message();
  ASSERT_NO_FATAL_FAILURE(StartUnderLoad());
  const std::string process = cli::NodeProcess(root().node, cli::kEtcd);
  disks.Fill(fleet().layout().DataDirectory(process));
  cli::Pause(kSlowFor / 2);
  EXPECT_TRUE(AwaitProgress()) << "writes have stopped";
  disks.MakeRoom(fleet().layout().DataDirectory(process));
  if (!cli::IsRunning(Process(cli::kEtcd))) {
    ASSERT_EQ(fleet().Restart(process), absl::OkStatus());
  }
  ExpectAllIsWell();
}

}  // namespace
}  // namespace understudy::faults
