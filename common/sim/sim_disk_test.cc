#include "common/sim/sim_disk.h"

#include <gtest/gtest.h>

#include <set>

#include "common/status/status.h"

namespace understudy {
namespace {

using Loss = SimDisk::Loss;

// Content of `name` after a crash; "-" when there is no such file.
std::string AfterCrash(SimDisk disk, Loss loss, uint64_t seed, const std::string& name) {
  Random random(seed);
  disk.Crash(loss, random);
  disk.PowerUp();
  return disk.Read(name).value_or("-");
}

// SimDisk's files are shared by copies, so each try builds its own.
template <typename Build>
std::set<std::string> AllOutcomes(Build build, const std::string& name) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SimDisk disk;
    build(disk);
    outcomes.insert(AfterCrash(std::move(disk), Loss::kTear, seed, name));
  }
  return outcomes;
}

void SyncAll(SimDisk& disk, const std::string& name) {
  ASSERT_TRUE(disk.Sync(name).ok());
  ASSERT_TRUE(disk.SyncDirectory().ok());
}

TEST(SimDiskTest, ReadsWhatWasWritten) {
  SimDisk disk;
  ASSERT_TRUE(disk.Append("log", "ab").ok());
  ASSERT_TRUE(disk.Append("log", "c").ok());
  EXPECT_EQ(*disk.Read("log"), "abc");
  ASSERT_TRUE(disk.Write("log", "x").ok());
  EXPECT_EQ(*disk.Read("log"), "x");
  EXPECT_EQ(disk.List(), std::vector<std::string>{"log"});
}

TEST(SimDiskTest, SaysWhenThereIsNoFile) {
  SimDisk disk;
  for (const absl::Status& status :
       {disk.Read("a").status(), disk.Sync("a"), disk.Remove("a"), disk.Rename("a", "b")}) {
    EXPECT_EQ(ErrorReason(status), "FILE_NOT_FOUND");
  }
}

TEST(SimDiskTest, ForgetsWhatWasNotSynced) {
  SimDisk disk;
  ASSERT_TRUE(disk.Append("log", "kept").ok());
  SyncAll(disk, "log");
  ASSERT_TRUE(disk.Append("log", " lost").ok());
  EXPECT_EQ(AfterCrash(std::move(disk), Loss::kForgetAll, 1, "log"), "kept");
}

TEST(SimDiskTest, ForgetsAFileWhoseNameWasNotSynced) {
  SimDisk disk;
  ASSERT_TRUE(disk.Append("log", "x").ok());
  ASSERT_TRUE(disk.Sync("log").ok());
  EXPECT_EQ(AfterCrash(std::move(disk), Loss::kForgetAll, 1, "log"), "-");
}

TEST(SimDiskTest, UndoesARenameThatWasNotSynced) {
  SimDisk disk;
  ASSERT_TRUE(disk.Write("a", "old").ok());
  SyncAll(disk, "a");
  ASSERT_TRUE(disk.Write("a.new", "new").ok());
  ASSERT_TRUE(disk.Sync("a.new").ok());
  ASSERT_TRUE(disk.Rename("a.new", "a").ok());
  EXPECT_EQ(*disk.Read("a"), "new");
  EXPECT_EQ(AfterCrash(std::move(disk), Loss::kForgetAll, 1, "a"), "old");
}

TEST(SimDiskTest, KeepsARenameThatWasSynced) {
  SimDisk disk;
  ASSERT_TRUE(disk.Write("a.new", "new").ok());
  ASSERT_TRUE(disk.Sync("a.new").ok());
  ASSERT_TRUE(disk.Rename("a.new", "a").ok());
  ASSERT_TRUE(disk.SyncDirectory().ok());
  EXPECT_EQ(AfterCrash(std::move(disk), Loss::kForgetAll, 1, "a"), "new");
}

TEST(SimDiskTest, BringsBackARemovedFileWhoseRemovalWasNotSynced) {
  SimDisk disk;
  ASSERT_TRUE(disk.Write("a", "x").ok());
  SyncAll(disk, "a");
  ASSERT_TRUE(disk.Remove("a").ok());
  EXPECT_EQ(AfterCrash(std::move(disk), Loss::kForgetAll, 1, "a"), "x");
}

TEST(SimDiskTest, TearsAnAppend) {
  const auto build = [](SimDisk& disk) {
    ASSERT_TRUE(disk.Append("log", "ab").ok());
    SyncAll(disk, "log");
    ASSERT_TRUE(disk.Append("log", "cd").ok());
  };
  EXPECT_EQ(AllOutcomes(build, "log"), (std::set<std::string>{"ab", "abc", "abcd"}));
}

TEST(SimDiskTest, TearsAFileThatIsReplacedInPlace) {
  const auto build = [](SimDisk& disk) {
    ASSERT_TRUE(disk.Write("a", "old").ok());
    SyncAll(disk, "a");
    ASSERT_TRUE(disk.Write("a", "N!").ok());
  };
  EXPECT_EQ(AllOutcomes(build, "a"), (std::set<std::string>{"", "N", "N!", "old"}));
}

TEST(SimDiskTest, NeverTearsAFileThatIsReplacedByRename) {
  const auto build = [](SimDisk& disk) {
    ASSERT_TRUE(disk.Write("a", "old").ok());
    SyncAll(disk, "a");
    ASSERT_TRUE(disk.Write("a.new", "new").ok());
    ASSERT_TRUE(disk.Sync("a.new").ok());
    ASSERT_TRUE(disk.Rename("a.new", "a").ok());
  };
  EXPECT_EQ(AllOutcomes(build, "a"), (std::set<std::string>{"new", "old"}));
}

TEST(SimDiskTest, RefusesEverythingWhileItFails) {
  SimDisk disk;
  ASSERT_TRUE(disk.Append("log", "x").ok());
  disk.SetFailing(true);
  for (const absl::Status& status :
       {disk.Append("log", "y"), disk.Write("log", "y"), disk.Read("log").status(),
        disk.Sync("log"), disk.Rename("log", "a"), disk.Remove("log"), disk.SyncDirectory()}) {
    EXPECT_EQ(ErrorReason(status), "DISK_FAILED");
  }
  disk.SetFailing(false);
  EXPECT_EQ(*disk.Read("log"), "x");
}

TEST(SimDiskTest, RefusesEverythingWithoutPower) {
  SimDisk disk;
  Random random(1);
  disk.Crash(Loss::kForgetAll, random);
  EXPECT_EQ(ErrorReason(disk.Append("log", "x")), "DISK_FAILED");
  disk.PowerUp();
  EXPECT_TRUE(disk.Append("log", "x").ok());
}

}  // namespace
}  // namespace understudy
