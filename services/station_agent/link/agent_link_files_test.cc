#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "common/status/status.h"
#include "services/station_agent/link/station_link_segment.h"
#include "services/station_agent/link/testing/link_test.h"

namespace understudy::station_agent {
namespace {

// The link's two files in /dev/shm: what becomes of them, and of the link without them.
class AgentLinkFilesTest : public LinkTest {
 protected:
  static struct stat Look(const std::string& path) {
    struct stat info = {};
    EXPECT_EQ(lstat(path.c_str(), &info), 0) << path;
    return info;
  }
  // As an agent leaves them that was killed.
  void LeaveFiles() {
    StartAgent();
    agent_.reset();
  }
  void MakeFile(const std::string& path, const char* content) { std::ofstream(path) << content; }
  int Find() const {
    station_link_segment segment;
    const int result = station_link_find(name_.c_str(), &segment);
    station_link_unmap(&segment);
    return result;
  }
  // The native process moves to what was made anew, and all is as before.
  void ExpectMoved() {
    ASSERT_TRUE(Heard([](const auto& heard) { return heard.remade == 1; }));
    ASSERT_TRUE(Event(STATION_LINK_EVENT_AGENT_BACK));
    ExpectToWork();
  }
  void ExpectToWork() {
    ASSERT_TRUE(agent_->Activate(43, "again", {}).ok());
    EXPECT_TRUE(Event(STATION_LINK_EVENT_CONFIGURATION));
    ASSERT_EQ(station_link_publish_configuration(native_, "{}", 2), 0);
    EXPECT_TRUE(Heard([](const auto& heard) {
      return heard.configuration.has_value() && heard.configuration->order == 43;
    }));
  }
};

TEST_F(AgentLinkFilesTest, AreOpenToTheirUserAlone) {
  StartAgent();
  EXPECT_EQ(Look(SegmentPath()).st_mode, S_IFREG | 0600u);
  EXPECT_EQ(Look(BellPath()).st_mode, S_IFIFO | 0600u);
}

TEST_F(AgentLinkFilesTest, AreOpenToAGroupThatMayAttach) {
  auto link = AgentLink::Open({name_, getegid(), &LinkRuntime()}, observer_);
  ASSERT_TRUE(link.ok()) << link.status();
  EXPECT_EQ(Look(SegmentPath()).st_mode, S_IFREG | 0660u);
  EXPECT_EQ(Look(BellPath()).st_mode, S_IFIFO | 0660u);
  EXPECT_EQ(Look(BellPath()).st_gid, getegid());
}

TEST_F(AgentLinkFilesTest, AreKeptAcrossARestartOfTheAgent) {
  StartBoth();
  const ino_t segment = Look(SegmentPath()).st_ino;
  const ino_t bell = Look(BellPath()).st_ino;
  agent_.reset();
  ASSERT_TRUE(Event(STATION_LINK_EVENT_AGENT_LOST));
  StartAgent();
  ASSERT_TRUE(Event(STATION_LINK_EVENT_AGENT_BACK));
  EXPECT_EQ(Look(SegmentPath()).st_ino, segment);
  EXPECT_EQ(Look(BellPath()).st_ino, bell);
  ExpectToWork();
  EXPECT_EQ(observer_.Now().remade, 0);
}

// While the agent lives --------------------------------------------------------------------------

TEST_F(AgentLinkFilesTest, AreMadeAnewWhenSomebodyRemovesTheSegment) {
  StartBoth();
  ASSERT_TRUE(agent_->Activate(42, "document", {}).ok());
  ASSERT_TRUE(Event(STATION_LINK_EVENT_CONFIGURATION));
  ASSERT_EQ(unlink(SegmentPath().c_str()), 0);
  ExpectMoved();
}

// What either side may still be reading stays: without that it would be killed.
TEST_F(AgentLinkFilesTest, AreMadeAnewWhenSomebodyCutsTheSegment) {
  StartBoth();
  ASSERT_EQ(truncate(SegmentPath().c_str(), STATION_LINK_ORDERS_OFFSET), 0);
  ExpectMoved();
}

TEST_F(AgentLinkFilesTest, AreMadeAnewWhenSomebodyRemovesTheBell) {
  StartBoth();
  ASSERT_EQ(unlink(BellPath().c_str()), 0);
  ExpectMoved();
}

TEST_F(AgentLinkFilesTest, AreMadeAnewWhenAnotherFileTakesTheBellsPlace) {
  StartBoth();
  WhileTheAgentIsHeld([this] {
    ASSERT_EQ(unlink(BellPath().c_str()), 0);
    MakeFile(BellPath(), "not a bell");
  });
  ExpectMoved();
  EXPECT_TRUE(S_ISFIFO(Look(BellPath()).st_mode));
}

TEST_F(AgentLinkFilesTest, AreMadeAnewWhenAnotherBellTakesTheBellsPlace) {
  StartBoth();
  WhileTheAgentIsHeld([this] {
    ASSERT_EQ(unlink(BellPath().c_str()), 0);
    ASSERT_EQ(mkfifo(BellPath().c_str(), 0600), 0);
  });
  ExpectMoved();
}

TEST_F(AgentLinkFilesTest, AreMissedAloudWhileTheyCannotBeMadeAnew) {
  StartBoth();
  WhileTheAgentIsHeld([this] {
    ASSERT_EQ(unlink(BellPath().c_str()), 0);
    ASSERT_EQ(mkdir(BellPath().c_str(), 0700), 0);
  });
  ASSERT_TRUE(Heard([](const auto& heard) { return heard.broken.size() == 1; }));
  EXPECT_EQ(ErrorReason(observer_.Now().broken[0]), "LINK_UNAVAILABLE");
  ASSERT_EQ(rmdir(BellPath().c_str()), 0);
  ExpectMoved();
  EXPECT_EQ(observer_.Now().broken.size(), 1u);
}

// When an agent begins
// -----------------------------------------------------------------------------

TEST_F(AgentLinkFilesTest, AreMadeAnewOverAFileThatIsNoSegment) {
  MakeFile(SegmentPath(), "nonsense");
  EXPECT_EQ(station_link_open(name_.c_str(), 1, &native_), -EPROTO);
  StartBoth();
}

TEST_F(AgentLinkFilesTest, AreMadeAnewOverThoseOfVersionOne) {
  LeaveFiles();
  const ino_t segment = Look(SegmentPath()).st_ino;
  MappedLink(name_).header().version = 1;
  EXPECT_EQ(station_link_open(name_.c_str(), 1, &native_), -EPROTO);
  StartBoth();
  EXPECT_NE(Look(SegmentPath()).st_ino, segment);
}

TEST_F(AgentLinkFilesTest, AreMadeAnewWhenTheBellIsGone) {
  LeaveFiles();
  ASSERT_EQ(unlink(BellPath().c_str()), 0);
  StartBoth();
  EXPECT_EQ(observer_.Now().remade, 0);
}

TEST_F(AgentLinkFilesTest, AreMadeAnewWhenTheBellIsNotTheSegments) {
  StartBoth();
  agent_.reset();
  ASSERT_EQ(unlink(BellPath().c_str()), 0);
  ASSERT_EQ(mkfifo(BellPath().c_str(), 0600), 0);
  StartAgent();
  ASSERT_TRUE(Event(STATION_LINK_EVENT_AGENT_BACK));
  ExpectToWork();
}

TEST_F(AgentLinkFilesTest, AreMadeAnewOverAFileInTheBellsPlace) {
  MakeFile(BellPath(), "not a bell");
  StartBoth();
  EXPECT_TRUE(S_ISFIFO(Look(BellPath()).st_mode));
}

TEST_F(AgentLinkFilesTest, AreMadeAnewOverASymbolicLinkThatNobodyFollows) {
  const std::string target = std::string(getenv("TEST_TMPDIR")) + "/target";
  MakeFile(target, "precious");
  std::filesystem::create_symlink(target, BellPath());
  StartBoth();
  EXPECT_TRUE(S_ISFIFO(Look(BellPath()).st_mode));
  EXPECT_EQ(Look(target).st_size, 8);
}

TEST_F(AgentLinkFilesTest, CannotBeMadeWhereTheBellsPlaceIsAnothersFile) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make one";
  LeaveFiles();
  const ino_t segment = Look(SegmentPath()).st_ino;
  ASSERT_EQ(lchown(BellPath().c_str(), 1, 1), 0);
  const auto link = Open();
  EXPECT_EQ(ErrorReason(link.status()), "LINK_DENIED");
  EXPECT_NE(link.status().message().find(name_ + ".bell"), std::string::npos) << link.status();
  EXPECT_EQ(Look(SegmentPath()).st_ino, segment);
}

TEST_F(AgentLinkFilesTest, CannotBeMadeWhereTheBellsPlaceIsADirectory) {
  ASSERT_EQ(mkdir(BellPath().c_str(), 0700), 0);
  EXPECT_EQ(ErrorReason(Open().status()), "LINK_UNAVAILABLE");
  ASSERT_EQ(rmdir(BellPath().c_str()), 0);
  StartBoth();
}

// In the order in which an agent makes them, as if it had been killed after each step.
TEST_F(AgentLinkFilesTest, AreMadeAnewWhereverAnAgentDiedWhileItMadeThem) {
  for (int steps = 1; steps <= 3; ++steps) {
    SCOPED_TRACE(steps);
    RemoveFiles();
    MakeFile(SegmentPath(), "");
    ASSERT_TRUE(steps < 2 || mkfifo(BellPath().c_str(), 0600) == 0);
    ASSERT_TRUE(steps < 3 || truncate(SegmentPath().c_str(), STATION_LINK_TOTAL_SIZE) == 0);
    EXPECT_EQ(Find(), -ENOENT);
    StartAgent();
    EXPECT_EQ(Find(), 0);
    agent_.reset();
  }
}

// The native process ------------------------------------------------------------------------------

TEST_F(AgentLinkFilesTest, AreAsGoodAsAbsentForANativeProcessWithoutTheBell) {
  LeaveFiles();
  EXPECT_EQ(Find(), 0);
  ASSERT_EQ(unlink(BellPath().c_str()), 0);
  EXPECT_EQ(Find(), -ENOENT);
  ASSERT_EQ(mkfifo(BellPath().c_str(), 0600), 0);
  EXPECT_EQ(Find(), -ENOENT);
}

TEST_F(AgentLinkFilesTest, AreWaitedForByANativeProcessThatFindsNoBell) {
  StartAgent();
  ASSERT_EQ(unlink(BellPath().c_str()), 0);
  StartNative();
  EXPECT_TRUE(Heard([](const auto& heard) { return heard.attached == 1; }));
}

}  // namespace
}  // namespace understudy::station_agent
